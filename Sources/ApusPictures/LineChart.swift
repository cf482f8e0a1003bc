/// One or several series over a common axis.
///
/// Points that are not finite interrupt their line. A chart without points shows empty axes.
public struct LineChart: Picture, Sendable {
  public var title: String
  /// What the horizontal axis counts, such as `epoch`.
  public var xLabel: String
  /// What the vertical axis shows, such as `loss`; empty where the title says it.
  public var yLabel: String
  public var series: [Series]
  /// The vertical range; from the points where it is nil.
  public var yRange: ClosedRange<Double>?
  /// Whether the horizontal axis shows whole numbers only.
  public var countsAlongX: Bool
  public var size: Size

  /// How much room a chart takes beside others.
  public enum Size: Sendable {
    /// As wide as a page.
    case full
    /// Half as wide.
    case half
  }

  /// One line of a chart.
  public struct Series: Sendable {
    public var name: String
    public var points: [(x: Double, y: Double)]
    /// An area around the line, such as a standard deviation each way.
    public var band: [(x: Double, low: Double, high: Double)] = []
    /// Lines drawn faintly in the same colour, such as single paths.
    public var companions: [[(x: Double, y: Double)]] = []

    public init(_ name: String, _ points: [(x: Double, y: Double)]) {
      self.name = name
      self.points = points
    }
  }

  public init(
    _ title: String, xLabel: String, yLabel: String, series: [Series],
    yRange: ClosedRange<Double>? = nil, countsAlongX: Bool = false,
    size: Size = .full
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
    self.yRange = yRange
    self.countsAlongX = countsAlongX
    self.size = size
  }

  public func png() throws(PictureError) -> [UInt8] {
    let canvas = try Canvas(width: size == .full ? 720 : 480, height: size == .full ? 380 : 300)
    let axes = Axes(of: self, on: canvas)
    axes.draw(on: canvas, labels: (x: xLabel, y: yLabel))
    canvas.clipped(to: axes.lineArea) {
      for (index, series) in series.enumerated() { draw(series, index, axes, canvas) }
    }
    canvas.draw(title, at: Point(x: Axes.margin, y: 26), .title)
    drawLegend(on: canvas)
    return try canvas.png()
  }

  private func draw(_ series: Series, _ index: Int, _ axes: Axes, _ canvas: Canvas) {
    let color = Color.series[index % Color.series.count]
    let band = series.band.filter { $0.x.isFinite && $0.low.isFinite && $0.high.isFinite }
    let edges =
      band.map { axes.place(x: $0.x, y: $0.high) }
      + band.reversed().map { axes.place(x: $0.x, y: $0.low) }
    canvas.fill(edges, color, opacity: 0.15)
    for points in series.companions {
      canvas.stroke(
        points.filter { $0.x.isFinite && $0.y.isFinite }.map { axes.place(x: $0.x, y: $0.y) },
        color, width: 0.7, opacity: 0.35)
    }
    let pieces = series.points.split { !($0.x.isFinite && $0.y.isFinite) }
    for piece in pieces {
      let places = piece.map { axes.place(x: $0.x, y: $0.y) }
      canvas.stroke(places, color, width: 2)
      // A marker shows a line of one point, and where the points of a short series lie.
      guard piece.count == 1 || series.points.count <= 40 else { continue }
      for place in places { canvas.fillDisc(at: place, radius: 3, color) }
    }
  }

  private func drawLegend(on canvas: Canvas) {
    guard series.count > 1 else { return }
    var x = canvas.width - Axes.margin
    for (index, series) in series.enumerated().reversed() {
      let text = canvas.fitted(series.name, into: 200, .label)
      x -= canvas.width(of: text, .label)
      canvas.draw(text, at: Point(x: x, y: 26), .label)
      let swatch = Rectangle(x: x - 22, y: 24.5, width: 16, height: 3)
      canvas.fill(swatch, Color.series[index % Color.series.count], radius: 1.5)
      x -= 40
    }
  }
}

extension LineChart.Series {
  /// Every point that is drawn.
  fileprivate var extent: [(x: Double, y: Double)] {
    points + companions.joined() + band.map { ($0.x, $0.low) } + band.map { ($0.x, $0.high) }
  }
}

/// The plot's area and the numbers along its sides.
private struct Axes {
  static let margin = 24.0

  let area: Rectangle
  private let xRange: ClosedRange<Double>
  private let yRange: ClosedRange<Double>
  private let xTicks: Ticks
  private let yTicks: Ticks

  init(of chart: LineChart, on canvas: Canvas) {
    let points = chart.series.flatMap(\.extent).filter { $0.x.isFinite && $0.y.isFinite }
    xRange = Axes.range(of: points.map(\.x))
    xTicks = Ticks(in: xRange, count: chart.size == .full ? 10 : 6, integers: chart.countsAlongX)
    let reach = chart.yRange ?? Axes.range(of: points.map(\.y))
    yTicks = chart.yRange == nil ? Ticks(around: reach, count: 5) : Ticks(in: reach, count: 5)
    yRange =
      min(
        reach.lowerBound, yTicks.values.first ?? .infinity)...max(
        reach.upperBound, yTicks.values.last ?? -.infinity)
    let labels = yTicks.values.map { [yTicks] in canvas.width(of: yTicks.label(of: $0), .label) }
    let left = Axes.margin + (labels.max() ?? 0) + 10
    let top = chart.yLabel.isEmpty ? 56.0 : 76
    area = Rectangle(
      x: left, y: top, width: canvas.width - left - Axes.margin - 6,
      height: canvas.height - top - 56)
  }

  /// The smallest range with all of `values`, widened where it would be empty.
  private static func range(of values: [Double]) -> ClosedRange<Double> {
    guard let lower = values.min(), let upper = values.max() else { return 0...1 }
    // A range too narrow for the numbers' own precision cannot be divided into steps.
    let margin = max(abs(lower), abs(upper)) * 1e-9
    guard upper - lower <= margin else { return lower...upper }
    let half = lower == 0 ? 0.5 : max(abs(lower) * 0.1, 1e-300)
    return (lower - half)...(upper + half)
  }

  /// The area with room for half a line's width and a marker around it.
  var lineArea: Rectangle {
    Rectangle(x: area.x - 4, y: area.y - 4, width: area.width + 8, height: area.height + 8)
  }

  func place(x: Double, y: Double) -> Point {
    let across = (x - xRange.lowerBound) / (xRange.upperBound - xRange.lowerBound)
    let up = (y - yRange.lowerBound) / (yRange.upperBound - yRange.lowerBound)
    return Point(
      x: area.x + held(across) * area.width, y: area.bottom - held(up) * area.height)
  }

  /// A share of an axis, far outliers nearer: cairo's numbers of 24 bits would come round into the picture.
  private func held(_ share: Double) -> Double { min(max(share, -1000), 1000) }

  func draw(on canvas: Canvas, labels: (x: String, y: String)) {
    for value in yTicks.values {
      let y = place(x: xRange.lowerBound, y: value).y
      canvas.stroke([Point(x: area.x, y: y), Point(x: area.right, y: y)], .rule, width: 1)
      canvas.draw(yTicks.label(of: value), at: Point(x: area.x - 10, y: y), .label, .trailing)
    }
    let corners = [Point(x: area.x, y: area.bottom), Point(x: area.right, y: area.bottom)]
    canvas.stroke(corners, .axis, width: 1)
    for value in xTicks.values {
      let x = place(x: value, y: yRange.lowerBound).x
      let ends = [Point(x: x, y: area.bottom), Point(x: x, y: area.bottom + 4)]
      canvas.stroke(ends, .axis, width: 1)
      let label = Point(x: x, y: area.bottom + 16)
      canvas.draw(xTicks.label(of: value), at: label, .label, .center)
    }
    canvas.draw(labels.y, at: Point(x: Axes.margin, y: 52), .label)
    let middle = Point(x: area.center.x, y: canvas.height - 18)
    canvas.draw(labels.x, at: middle, .label, .center)
  }
}
