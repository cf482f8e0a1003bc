/// How often each class was taken for each, as a table with coloured cells.
///
/// Rows are true classes, columns what was predicted. A cell is the darker the larger its share of
/// its row; blue on the diagonal, red beside it. Counts are printed where they fit.
public struct ConfusionChart: Picture, Sendable {
  public var title: String
  public var classes: [String]
  /// `counts[row][column]`: examples of class `row` that were taken for class `column`.
  public var counts: [[Int]]

  public init(_ title: String, classes: [String], counts: [[Int]]) {
    self.title = title
    self.classes = classes
    self.counts = counts
  }

  public func png() throws(PictureError) -> [UInt8] {
    let count = classes.count
    guard count > 0, counts.count == count, counts.allSatisfy({ $0.count == count }) else {
      throw .content("a confusion chart takes as many rows and columns of counts as class names")
    }
    let layout = try Layout(classes: classes)
    let canvas = try Canvas(width: layout.width, height: layout.height)
    canvas.draw(title, at: Point(x: Layout.margin, y: 26), .title)
    for row in counts.indices { drawRow(row, layout, canvas) }
    drawNames(layout, canvas)
    return try canvas.png()
  }

  private func drawRow(_ row: Int, _ layout: Layout, _ canvas: Canvas) {
    let total = max(1, counts[row].reduce(0, +))
    for (column, count) in counts[row].enumerated() {
      let share = Double(count) / Double(total)
      // The square root makes a few mistakes in a hundred visible.
      let strength = row == column ? share : min(1, share.squareRoot() * 1.4)
      let full = row == column ? Color.correct : .wrong
      let color = Color(0xF5F7F9).mixed(with: full, fraction: count == 0 ? 0 : max(0.06, strength))
      let cell = layout.cell(row: row, column: column)
      canvas.fill(cell, color, radius: layout.side > 16 ? 3 : 0)
      guard layout.showsCounts, count > 0 else { continue }
      var style = TextStyle(size: 11.5, color: color.luminance < 0.6 ? .paper : .ink)
      style.isBold = row == column
      let widest = canvas.width(of: String(count), style)
      if widest > layout.side - 4 { style.size *= (layout.side - 4) / widest }
      canvas.draw(String(count), at: cell.center, style, .center)
    }
  }

  private func drawNames(_ layout: Layout, _ canvas: Canvas) {
    let style = TextStyle(size: layout.nameSize)
    for (index, name) in classes.enumerated() {
      let cell = layout.cell(row: index, column: index)
      let text = canvas.fitted(name, into: layout.nameWidth, style)
      let rowEnd = Point(x: layout.left - 8, y: cell.center.y)
      canvas.draw(text, at: rowEnd, style, .trailing)
      var slanted = style
      slanted.angle = -.pi / 4
      canvas.draw(text, at: Point(x: cell.center.x, y: layout.top - 10), slanted)
    }
    let side = layout.side * Double(classes.count)
    canvas.draw(
      "predicted", at: Point(x: layout.left + side / 2, y: layout.top + side + 20), .label, .center)
    var upward = TextStyle.label
    upward.angle = -.pi / 2
    canvas.draw("true", at: Point(x: 18, y: layout.top + side / 2), upward, .center)
  }
}

/// Where the cells and names of a confusion chart lie.
private struct Layout {
  static let margin = 24.0

  let side: Double
  let left: Double
  let top: Double
  let nameSize: Double
  let nameWidth: Double
  let width: Double
  let height: Double

  init(classes: [String]) throws(PictureError) {
    let count = Double(classes.count)
    side = min(52, max(10, 900 / count))
    nameSize = min(12, max(7, side * 0.8))
    let ruler = try Canvas(width: 1, height: 1)
    let style = TextStyle(size: nameSize)
    let widest = classes.map { ruler.width(of: $0, style) }.max() ?? 0
    nameWidth = min(180, widest)
    left = 36 + nameWidth + 8
    top = 56 + nameWidth * 0.71
    width = max(left + side * count + max(Layout.margin, nameWidth * 0.71), 360)
    height = top + side * count + 40
  }

  var showsCounts: Bool { side >= 22 }

  func cell(row: Int, column: Int) -> Rectangle {
    let gap = side > 16 ? 2.0 : 0.5
    return Rectangle(
      x: left + Double(column) * side, y: top + Double(row) * side, width: side - gap,
      height: side - gap)
  }
}
