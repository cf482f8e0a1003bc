/// Points in the plane with a label each, in a square.
///
/// Labels that would cover another are left out, the first come first; their points stay.
public struct LabelledMap: Picture, Sendable {
  public var title: String
  public var points: [(label: String, x: Double, y: Double)]

  public init(_ title: String, points: [(label: String, x: Double, y: Double)]) {
    self.title = title
    self.points = points
  }

  private static let side = 900.0
  private static let margin = 24.0

  public func png() throws(PictureError) -> [UInt8] { try drawn(as: .png) }

  /// The picture as the bytes of an SVG file, its letters as outlines.
  public func svg() throws(PictureError) -> [UInt8] { try drawn(as: .svg) }

  private func drawn(as format: Canvas.Format) throws(PictureError) -> [UInt8] {
    let canvas = try Canvas(width: Self.side, height: Self.side + 40, format: format)
    canvas.draw(title, at: Point(x: Self.margin, y: 26), .title)
    let places = self.places
    for place in places { canvas.fillDisc(at: place, radius: 2, Color.series[0]) }
    try drawLabels(at: places, on: canvas)
    return try canvas.bytes()
  }

  /// Where the points lie on the sheet; both axes have one scale.
  private var places: [Point] {
    let finite = points.filter { $0.x.isFinite && $0.y.isFinite }
    let (left, right) = (finite.map(\.x).min() ?? 0, finite.map(\.x).max() ?? 1)
    let (low, high) = (finite.map(\.y).min() ?? 0, finite.map(\.y).max() ?? 1)
    let reach = max(right - left, high - low, 1e-300)
    let room = Self.side - 2 * Self.margin - 60
    return points.map { point in
      let (x, y) = (point.x.isFinite ? point.x : left, point.y.isFinite ? point.y : low)
      return Point(
        x: Self.side / 2 + (x - (left + right) / 2) / reach * room,
        y: 40 + Self.side / 2 - (y - (low + high) / 2) / reach * room)
    }
  }

  private func drawLabels(at places: [Point], on canvas: Canvas) throws(PictureError) {
    var finder = FontFinder()
    var taken: [Rectangle] = []
    for (point, place) in zip(points, places) {
      canvas.fontFamily = try finder.family(for: point.label)
      let style = TextStyle(size: 11)
      let width = canvas.width(of: point.label, style)
      guard let area = Self.room(for: width, beside: place, among: taken) else { continue }
      taken.append(area)
      canvas.draw(point.label, at: Point(x: area.x, y: area.center.y), style)
    }
    canvas.fontFamily = FontFinder.standardFamily
  }

  /// A free area for a label: right of the point, left of it, above or below.
  private static func room(
    for width: Double, beside place: Point, among taken: [Rectangle]
  ) -> Rectangle? {
    let height = 12.0
    let corners = [
      (place.x + 5, place.y - height / 2), (place.x - 5 - width, place.y - height / 2),
      (place.x - width / 2, place.y - height - 4), (place.x - width / 2, place.y + 4),
    ]
    let areas = corners.map { Rectangle(x: $0.0, y: $0.1, width: width, height: height) }
    return areas.first { area in
      area.x >= 2 && area.right <= side - 2
        && !taken.contains { other in
          area.x < other.right && other.x < area.right && area.y < other.bottom
            && other.y < area.bottom
        }
    }
  }
}
