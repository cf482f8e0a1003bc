/// A place on a canvas, in points from its upper left corner.
struct Point: Hashable {
  var x: Double
  var y: Double
}

/// An area of a canvas, in points.
struct Rectangle: Hashable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }
  var center: Point { Point(x: x + width / 2, y: y + height / 2) }
}

/// How a line of text looks.
struct TextStyle: Hashable {
  var size: Double
  var color = Color.ink
  var isBold = false
  /// Radians, clockwise.
  var angle = 0.0

  static let title = TextStyle(size: 15, isBold: true)
  static let label = TextStyle(size: 11.5, color: .softInk)
}
