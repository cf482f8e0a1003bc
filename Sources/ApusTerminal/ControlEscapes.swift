extension String {
  /// The text with its control characters as escapes such as `\n`, so that it stays on one line.
  package var escapingControls: String {
    unicodeScalars.map {
      $0.properties.generalCategory == .control ? $0.escaped(asASCII: true) : String($0)
    }.joined()
  }
}
