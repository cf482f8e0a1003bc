import CICU

/// Turns the bytes of a text into tokens as its options say: cleaned, in a normal form, and with Chinese
/// and Japanese cut into words.
///
/// Tokens have one blank between them, and each sentence has a line of its own. Bytes come in pieces of
/// any size. Memory does not grow with the text.
package struct TextTokenizer: ~Copyable {
  private var cleaner: TextCleaner
  private let words: OpaquePointer?
  private let options: TextOptions
  /// The start of a token whose rest is still to come.
  private var unfinished: [UInt8] = []
  /// A run without a blank is divided behind as many bytes, at the end of a character.
  private static let longestRun = 1 << 16

  /// - Throws: ``DatasetError`` where ICU's data is missing and is needed.
  package init(_ options: TextOptions) throws {
    self.options = options
    cleaner = TextCleaner(options)
    words = options.tokens == .segments ? apus_icu_words_open() : nil
    guard options.tokens != .segments || words != nil else {
      throw DatasetError(.setting, "--tokens segments: ICU's data is missing")
    }
  }

  deinit { if let words { apus_icu_words_close(words) } }

  /// Faults of UTF-8 that were replaced so far.
  package var replacedCount: Int { cleaner.replacedCount }

  /// Appends what `bytes` give to `output`.
  package mutating func read(_ bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
    guard changesTokens else { return cleaner.clean(bytes, into: &output) }
    cleaner.clean(bytes, into: &unfinished)
    var count = unfinished.lastIndex { $0 <= 32 }.map { $0 + 1 } ?? 0
    change(unfinished[..<count], into: &output)
    while let end = Self.division(of: unfinished[count...]) {
      changePart(unfinished[count..<end], into: &output)
      count = end
    }
    unfinished.removeSubrange(..<count)
  }

  /// Ends the text.
  package mutating func finish(into output: inout [UInt8]) {
    guard changesTokens else { return cleaner.finish(into: &output) }
    cleaner.finish(into: &unfinished)
    change(unfinished[...], into: &output)
    unfinished = []
  }

  private var changesTokens: Bool { words != nil || options.normalization != nil }

  private func change(_ text: ArraySlice<UInt8>, into output: inout [UInt8]) {
    var start = text.startIndex
    for place in text.indices where text[place] <= 32 {
      changeToken(text[start..<place], into: &output)
      output.append(text[place])
      start = place + 1
    }
    changeToken(text[start...], into: &output)
  }

  private func changeToken(_ token: ArraySlice<UInt8>, into output: inout [UInt8]) {
    var rest = token
    while let end = Self.division(of: rest) {
      changePart(rest[..<end], into: &output)
      rest = rest[end...]
    }
    change(whole: rest, into: &output)
  }

  /// Where a run is too long, the end of its first part.
  private static func division(of run: ArraySlice<UInt8>) -> Int? {
    guard run.count > longestRun else { return nil }
    var end = run.startIndex + longestRun
    while run[end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }

  /// Writes a part that more of the same run follows.
  private func changePart(_ part: ArraySlice<UInt8>, into output: inout [UInt8]) {
    change(whole: part, into: &output)
    if words != nil { output.append(32) }
  }

  private func change(whole token: ArraySlice<UInt8>, into output: inout [UInt8]) {
    guard token.contains(where: { $0 >= 128 }) else {
      output += token
      return
    }
    let normal = options.normalization.map { normalized(token, $0) } ?? Array(token)
    // Han characters and kana have three bytes and more, of which the first is E3 at least.
    if let words, normal.contains(where: { $0 >= 0xE3 }) {
      Self.segment(normal, words, into: &output)
    } else {
      output += normal
    }
  }

  /// The token in a normal form, which may bring capital letters back.
  private func normalized(
    _ token: ArraySlice<UInt8>, _ form: TextOptions.Normalization
  ) -> [UInt8] {
    let normal = Self.composed(token, form)
    guard options.lowercases, normal[...] != token else { return normal }
    return Array(String(decoding: normal, as: UTF8.self).lowercased().utf8)
  }

  private static func composed(
    _ token: ArraySlice<UInt8>, _ form: TextOptions.Normalization
  ) -> [UInt8] {
    let number = form == .nfc ? APUS_ICU_NFC : APUS_ICU_NFKC
    var count: Int32 = 0
    let text = token.map { CChar(bitPattern: $0) }
    // NFKC makes at most 18 characters of one, each of at most 4 bytes.
    let result = [CChar](unsafeUninitializedCapacity: 72 * text.count) { buffer, size in
      if let base = buffer.baseAddress {
        count = apus_icu_normalize(
          Int32(number.rawValue), text, Int32(text.count), base, Int32(buffer.count))
      }
      size = max(0, Int(count))
    }
    return count < 0 ? Array(token) : result.map { UInt8(bitPattern: $0) }
  }

  private static func segment(
    _ token: [UInt8], _ words: OpaquePointer, into output: inout [UInt8]
  ) {
    var ends = [Int32](repeating: 0, count: token.count)
    let text = token.map { CChar(bitPattern: $0) }
    let count = apus_icu_word_ends(words, text, Int32(text.count), &ends)
    guard count > 0 else {
      output += token
      return
    }
    var start = 0
    for (number, end) in ends.prefix(Int(count)).enumerated() {
      if number > 0, output.last != 32, token[start] > 32 { output.append(32) }
      output += token[start..<Int(end)]
      start = Int(end)
    }
  }
}
