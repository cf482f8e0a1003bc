/// How many columns text takes on a terminal.
///
/// Chinese, Japanese and Korean characters and emoji take two, combining marks and colour sequences
/// none.
///
/// Reference: Unicode Standard Annex 11, "East Asian Width".
extension String {
  /// The columns the text takes.
  package var displayWidth: Int {
    displayPieces.reduce(0) { $0 + $1.width }
  }

  /// The text cut to a number of columns, with `…` in place of what is cut.
  package func truncated(toWidth width: Int) -> String {
    guard displayWidth > width else { return self }
    guard width > 0 else { return "" }
    var kept = ""
    var used = 0
    var isStyled = false
    for piece in displayPieces {
      if piece.isSequence { isStyled = true }
      guard used + piece.width < width else { break }
      kept += piece.text
      used += piece.width
    }
    return kept + "…" + (isStyled ? "\u{1B}[0m" : "")
  }

  /// The text with blanks before or after it, to fill a number of columns.
  package func padded(toWidth width: Int, alignedRight: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - displayWidth))
    return alignedRight ? blanks + self : self + blanks
  }

  private struct Piece {
    let text: Substring
    let width: Int
    let isSequence: Bool
  }

  /// The characters and the sequences that set colours.
  private var displayPieces: [Piece] {
    var pieces: [Piece] = []
    var index = startIndex
    while index < endIndex {
      var end = self.index(after: index)
      let isSequence = self[index] == "\u{1B}" && end < endIndex && self[end] == "["
      if isSequence {
        // A sequence ends with the first letter.
        while end < endIndex, !self[end].isLetter { end = self.index(after: end) }
        if end < endIndex { end = self.index(after: end) }
      }
      let width = isSequence ? 0 : self[index].displayWidth
      pieces.append(Piece(text: self[index..<end], width: width, isSequence: isSequence))
      index = end
    }
    return pieces
  }
}

extension Character {
  /// The columns the character takes; one of several code points takes as many as its widest.
  package var displayWidth: Int {
    // U+FE0F asks for the coloured picture of a character.
    if unicodeScalars.contains("\u{FE0F}") { return 2 }
    return unicodeScalars.reduce(0) { Swift.max($0, $1.displayWidth) }
  }
}

extension Unicode.Scalar {
  fileprivate var displayWidth: Int {
    if value < 0x20 || 0x7F..<0xA0 ~= value { return 0 }
    if value < 0x300 { return 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return isWide || properties.isEmojiPresentation ? 2 : 1
    }
  }

  private var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF,
      0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
      0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x17000...0x18CFF, 0x1B000...0x1B2FF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
