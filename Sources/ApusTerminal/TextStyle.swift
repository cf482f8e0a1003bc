/// How a piece of text stands out on a screen with colours.
package enum TextStyle: String, Sendable {
  case bold = "1"
  case red = "31"
  case green = "32"
  case blue = "34"
}

extension Screen {
  /// The text in a style, or as it is where the screen has no colours.
  package func styled(_ text: String, _ style: TextStyle) -> String {
    hasColour ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}
