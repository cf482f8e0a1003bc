import ApusTensors

/// Small images in rows, each with lines of text below it.
public struct ImageGrid: Picture, Sendable {
  public var title: String
  public var tiles: [Tile]
  public var columns: Int
  /// The width and height of an image, in points.
  public var side: Double

  /// One image of a grid.
  public struct Tile: Sendable {
    /// `uint8 [height, width]`, `[height, width, 1]` or `[height, width, 3]`; 0 is black.
    public var image: Tensor
    public var caption: [Line]

    public init(_ image: Tensor, caption: [Line]) {
      self.image = image
      self.caption = caption
    }
  }

  /// One line below an image.
  public struct Line: Sendable {
    public var text: String
    public var tone: Tone

    public init(_ text: String, _ tone: Tone = .plain) {
      self.text = text
      self.tone = tone
    }
  }

  /// What a line says of its image.
  public enum Tone: Sendable {
    case plain, right, wrong

    var color: Color {
      switch self {
      case .plain: .softInk
      case .right: .correct
      case .wrong: .wrong
      }
    }
  }

  public init(_ title: String, tiles: [Tile], columns: Int = 8, side: Double = 112) {
    self.title = title
    self.tiles = tiles
    self.columns = columns
    self.side = side
  }

  public func png() throws(PictureError) -> [UInt8] {
    let (margin, gap, lineHeight, top) = (24.0, 14.0, 15.0, 50.0)
    let columns = max(1, min(columns, tiles.count))
    let rows = (tiles.count + columns - 1) / columns
    let lines = tiles.map(\.caption.count).max() ?? 0
    let height = side + 4 + Double(lines) * lineHeight + gap
    let canvas = try Canvas(
      width: max(360, 2 * margin + Double(columns) * (side + gap) - gap),
      height: top + Double(max(rows, 1)) * height + margin - gap)
    canvas.draw(title, at: Point(x: margin, y: 26), .title)
    for (index, tile) in tiles.enumerated() {
      let x = margin + Double(index % columns) * (side + gap)
      let y = top + Double(index / columns) * height
      let area = Rectangle(x: x, y: y, width: side, height: side)
      canvas.draw(try RasterImage(tile.image), in: area.fitting(tile.image.shape))
      for (row, line) in tile.caption.enumerated() {
        let style = TextStyle(size: 11, color: line.tone.color)
        let place = Point(x: x, y: area.bottom + 4 + (Double(row) + 0.5) * lineHeight)
        canvas.draw(canvas.fitted(line.text, into: side, style), at: place, style)
      }
    }
    return try canvas.png()
  }
}

extension Rectangle {
  /// The largest area inside this one with the proportions of an image, in its middle.
  fileprivate func fitting(_ shape: Shape) -> Rectangle {
    guard shape.rank >= 2, shape[0] > 0, shape[1] > 0 else { return self }
    let scale = min(width / Double(shape[1]), height / Double(shape[0]))
    let (fittedWidth, fittedHeight) = (Double(shape[1]) * scale, Double(shape[0]) * scale)
    return Rectangle(
      x: x + (width - fittedWidth) / 2, y: y + (height - fittedHeight) / 2, width: fittedWidth,
      height: fittedHeight)
  }
}
