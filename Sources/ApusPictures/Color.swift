/// A colour; each part is between 0 and 1.
struct Color: Hashable {
  var red: Double
  var green: Double
  var blue: Double

  /// The colour written as `0xRRGGBB`.
  init(_ hex: UInt32) {
    red = Double(hex >> 16 & 0xFF) / 255
    green = Double(hex >> 8 & 0xFF) / 255
    blue = Double(hex & 0xFF) / 255
  }

  /// The colour a `fraction` of the way to `other`.
  func mixed(with other: Color, fraction: Double) -> Color {
    var mixed = self
    mixed.red += (other.red - red) * fraction
    mixed.green += (other.green - green) * fraction
    mixed.blue += (other.blue - blue) * fraction
    return mixed
  }

  /// How bright the colour looks, between 0 and 1.
  var luminance: Double { 0.2126 * red + 0.7152 * green + 0.0722 * blue }
}

extension Color {
  static let paper = Color(0xFFFFFF)
  static let ink = Color(0x1B2432)
  static let softInk = Color(0x5B6675)
  static let rule = Color(0xE3E7EC)
  static let axis = Color(0x98A2AF)
  static let correct = Color(0x1D6FD8)
  static let wrong = Color(0xD1495B)

  /// The colours of series, told apart by people who do not see red and green as different.
  static let series = [
    Color(0x1D6FD8), Color(0xE8833A), Color(0x2A9D8F), Color(0x8E5BD0), Color(0xD1495B),
    Color(0x7A8794), Color(0xC9A227), Color(0x3AA6D0),
  ]
}
