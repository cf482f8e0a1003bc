/// A word as a key: it equals another where both have the same bytes.
///
/// Texts of Swift are equal where they look the same: `é` as one character and as two. In a text they are
/// two words, as they are to gensim.
package struct ExactWord: Hashable {
  private let text: String

  package init(_ text: String) { self.text = text }

  package static func == (first: ExactWord, second: ExactWord) -> Bool {
    first.text.utf8.elementsEqual(second.text.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}

extension [ExactWord: Int] {
  /// The place of each word; of one that comes twice the first.
  init(of words: [String]) {
    self.init(zip(words.lazy.map(ExactWord.init), words.indices)) { first, _ in first }
  }
}
