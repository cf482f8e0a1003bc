import Glibc

/// The bytes of a pipe or of standard input, as they come; the descriptor stays open.
package final class PipeSource: ByteSource {
  package let file: String
  private let descriptor: Int32
  private var position = 0
  private var isFinished = false

  /// The rest of what `descriptor` gives; errors call it `file`.
  package init(descriptor: Int32, file: String) {
    self.descriptor = descriptor
    self.file = file
  }

  /// Standard input.
  package static var standardInput: PipeSource {
    PipeSource(descriptor: STDIN_FILENO, file: "standard input")
  }

  package var place: FormatError.Place { .byte(position) }
  package var mostLeft: Int { isFinished ? 0 : Int.max }

  package func read(into target: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    guard !isFinished, target.count > 0 else { return 0 }
    while true {
      let got = Glibc.read(descriptor, target.baseAddress, target.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw FormatError(file, cannot: "read", code: errno) }
      isFinished = got == 0
      position += got
      return got
    }
  }
}
