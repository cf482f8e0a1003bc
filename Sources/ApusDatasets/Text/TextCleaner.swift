/// Turns the bytes of a text into tokens with one blank between them and a line for each sentence.
///
/// Bytes come in pieces of any size; a piece may end inside a character. Bytes that are no UTF-8
/// become U+FFFD, one for each maximal part (Unicode 15, 3.9), and are counted. Memory does not grow
/// with the text.
package struct TextCleaner: Sendable {
  package let options: TextOptions
  /// Faults of UTF-8 that were replaced so far.
  package private(set) var replacedCount = 0

  /// What each ASCII byte does: a byte above 3 is written, the others are ``Action``.
  private let actions: [UInt8]
  private var hasText = false
  /// The blank or line break that is due before the next token; 0 for none.
  private var divider: UInt8 = 0
  /// An apostrophe that counts where a letter follows.
  private var hasApostrophe = false
  private var lineBreaks = 0
  /// The first bytes of a character whose rest is still to come.
  private var unfinished: [UInt8] = []

  private enum Action {
    static let divide: UInt8 = 0
    static let lineBreak: UInt8 = 1
    static let apostrophe: UInt8 = 2
    /// A byte that no text has: it counts as a fault.
    static let fault: UInt8 = 3
  }

  package init(_ options: TextOptions) {
    self.options = options
    actions = (0..<128).map { byte in Self.action(of: UInt8(byte), options) }
  }

  private static func action(of byte: UInt8, _ options: TextOptions) -> UInt8 {
    let isCapital = (65...90).contains(byte)
    let isWordPart = isCapital || (97...122).contains(byte) || (48...57).contains(byte)
    if byte == 10 { return Action.lineBreak }
    if byte == 0 { return Action.fault }
    if options.tokens == .blanks ? byte <= 32 || byte == 127 : false { return Action.divide }
    guard isWordPart || options.tokens == .blanks else {
      return byte == 39 ? Action.apostrophe : Action.divide
    }
    return isCapital && options.lowercases ? byte + 32 : byte
  }

  /// Appends what `bytes` give to `output`.
  package mutating func clean(_ bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
    var place = 0
    if !unfinished.isEmpty { place = finishCharacter(with: bytes, into: &output) }
    guard place < bytes.count else { return }  // what is unfinished stays
    let rest = UnsafeBufferPointer(rebasing: bytes[place...])
    let start = output.count
    // A character of two bytes may become three when it is made small; U+FFFD takes three, and a
    // divider comes before.
    let room = 4 * rest.count + 64
    output.reserveCapacity(start + room)
    let written = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      count = clean(rest, into: buffer)
    }
    output.append(contentsOf: written)
  }

  /// Ends the text: what is unfinished is replaced, and the last sentence gets its line break.
  package mutating func finish(into output: inout [UInt8]) {
    if !unfinished.isEmpty {
      unfinished = []
      replacedCount += 1
      var room = [UInt8](repeating: 0, count: 16)
      let count = room.withUnsafeMutableBufferPointer { buffer in
        var count = 0
        write("\u{FFFD}", into: buffer, &count)
        return count
      }
      output += room[..<count]
    }
    if hasText { output.append(10) }
    hasText = false
    divider = 0
    hasApostrophe = false
    lineBreaks = 0
  }

  private mutating func clean(
    _ bytes: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    var (place, count) = (0, 0)
    actions.withUnsafeBufferPointer { actions in
      while place < bytes.count {
        let byte = bytes[place]
        guard byte < 128 else {
          let (scalar, length) = Self.decode(bytes, at: place)
          if length == 0 { break }  // the rest is still to come
          place += length
          if let scalar {
            write(scalar, into: output, &count)
          } else {
            replacedCount += 1
            write("\u{FFFD}", into: output, &count)
          }
          continue
        }
        place += 1
        let action = actions[Int(byte)]
        if action > Action.fault {
          writeDivider(into: output, &count)
          output[count] = action
          count += 1
        } else {
          divide(action)
        }
      }
    }
    unfinished = Array(bytes[place...])
    return count
  }

  /// What stands before a character of a token.
  @inline(__always)
  private mutating func writeDivider(
    into output: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
  ) {
    if divider != 0 {
      output[count] = divider
      count += 1
      divider = 0
    } else if hasApostrophe {
      output[count] = 39
      count += 1
    }
    hasApostrophe = false
    lineBreaks = 0
    hasText = true
  }

  private mutating func divide(_ action: UInt8) {
    if action == Action.fault { replacedCount += 1 }
    guard hasText else { return }
    if action == Action.apostrophe, divider == 0, !hasApostrophe {
      hasApostrophe = true
      return
    }
    hasApostrophe = false
    if action == Action.lineBreak { lineBreaks += 1 }
    let ends = options.sentences == .lines ? lineBreaks >= 1 : lineBreaks >= 2
    divider = ends ? 10 : 32
  }

  private mutating func write(
    _ scalar: Unicode.Scalar, into output: UnsafeMutableBufferPointer<UInt8>, _ count: inout Int
  ) {
    let kind = CharacterKind(scalar)
    if kind == .mark, options.tokens != .blanks || scalar == "\u{FEFF}" { return }
    switch options.tokens {
    case .blanks:
      if kind == .blank { return divide(Action.divide) }
    case .words, .characters, .segments:
      if kind == .apostrophe { return divide(Action.apostrophe) }
      // An accent of what is no part of a token is none either.
      if kind == .combining, !hasText || divider != 0 || hasApostrophe { return }
      guard kind == .letter || kind == .han || kind == .combining else {
        return divide(Action.divide)
      }
    }
    let standsAlone = options.tokens == .characters && kind == .han
    if standsAlone { divide(Action.divide) }
    writeDivider(into: output, &count)
    if options.lowercases, kind == .letter, scalar.properties.changesWhenLowercased {
      for byte in scalar.properties.lowercaseMapping.utf8 {
        output[count] = byte
        count += 1
      }
    } else {
      for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
        output[count] = byte
        count += 1
      }
    }
    if standsAlone { divide(Action.divide) }
  }

  /// Finishes a character that began in the piece before; gives how many bytes that took.
  private mutating func finishCharacter(
    with bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]
  ) -> Int {
    let before = unfinished.count
    let joined = unfinished + bytes.prefix(4)
    unfinished = []
    return joined.withUnsafeBufferPointer { joined in
      let (scalar, length) = Self.decode(joined, at: 0)
      guard length > 0 else {
        unfinished = Array(joined)
        return bytes.count
      }
      if scalar == nil { replacedCount += 1 }
      var room = [UInt8](repeating: 0, count: 32)
      var count = 0
      room.withUnsafeMutableBufferPointer { write(scalar ?? "\u{FFFD}", into: $0, &count) }
      output += room[..<count]
      // A fault may have ended within what came before; what is left of that is decoded anew.
      guard length < before else { return length - before }
      let rest = Array(joined[length..<before])
      rest.withUnsafeBufferPointer { clean($0, into: &output) }
      guard !unfinished.isEmpty else { return 0 }
      return finishCharacter(with: bytes, into: &output)
    }
  }

  /// The character at `place` with its length; nil where there is none, with the length of the
  /// fault; a length of 0 where more bytes are needed.
  private static func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, at place: Int
  ) -> (Unicode.Scalar?, Int) {
    let first = bytes[place]
    let length: Int
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF: length = 3
    case 0xF0...0xF4: length = 4
    default: return (nil, 1)
    }
    var value = UInt32(first) & (0x7F >> UInt32(length))
    for offset in 1..<length {
      guard place + offset < bytes.count else { return (nil, 0) }
      let byte = bytes[place + offset]
      guard isAllowed(byte, after: first, at: offset) else { return (nil, offset) }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    return (Unicode.Scalar(value), length)
  }

  /// Whether a byte may follow: no overlong forms, no surrogates, nothing above U+10FFFF.
  private static func isAllowed(_ byte: UInt8, after first: UInt8, at offset: Int) -> Bool {
    guard offset == 1 else { return (0x80...0xBF).contains(byte) }
    switch first {
    case 0xE0: return (0xA0...0xBF).contains(byte)
    case 0xED: return (0x80...0x9F).contains(byte)
    case 0xF0: return (0x90...0xBF).contains(byte)
    case 0xF4: return (0x80...0x8F).contains(byte)
    default: return (0x80...0xBF).contains(byte)
    }
  }
}

/// What a character above ASCII is to a tokenizer.
private enum CharacterKind {
  case letter, han, apostrophe, blank, other
  /// What goes with the letter before it, such as an accent.
  case combining
  /// Not part of the text: where a word may be divided at the end of a line, the order of bytes, how a
  /// picture is drawn.
  case mark

  init(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0xF900...0xFAFF, 0x20000...0x3FFFF: self = .han
    case 0x3005, 0x3007, 0x3021...0x3029, 0x3038...0x303B: self = .han
    case 0x2019: self = .apostrophe
    case 0xAD, 0xFEFF, 0xFE00...0xFE0F, 0xE0100...0xE01EF: self = .mark
    default:
      let properties = scalar.properties
      if properties.isAlphabetic {
        self = .letter
      } else if properties.isWhitespace {
        self = .blank
      } else {
        switch properties.generalCategory {
        case .decimalNumber, .letterNumber: self = .letter
        case .nonspacingMark, .spacingMark: self = .combining
        case .control: self = .blank
        default: self = .other
        }
      }
    }
  }
}
