import Glibc

/// The bytes of a pipe or of standard input, as they come.
///
/// A pipe may be silent for ever: where the task is cancelled meanwhile, its bytes end.
package final class PipeSource: ByteSource {
  package let file: String
  private let descriptor: Int32
  private let ownsDescriptor: Bool
  private var position = 0
  private var isFinished = false

  /// The rest of what `descriptor` gives, which stays open; errors call it `file`.
  package init(descriptor: Int32, file: String) {
    self.descriptor = descriptor
    self.file = file
    ownsDescriptor = false
  }

  private init(opened descriptor: Int32, _ path: String) {
    self.descriptor = descriptor
    file = path
    ownsDescriptor = true
  }

  deinit { if ownsDescriptor { close(descriptor) } }

  /// Standard input.
  package static var standardInput: PipeSource {
    PipeSource(descriptor: STDIN_FILENO, file: "standard input")
  }

  /// A pipe or a terminal in the file system; waits until somebody writes into it.
  package static func open(_ path: String) throws(FormatError) -> PipeSource {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FormatError(path, cannot: "read", code: errno) }
    let source = PipeSource(opened: descriptor, path)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FormatError(path, cannot: "read", code: errno)
    }
    try refuseDevice(status, descriptor, path, expected: "a file, a folder or a pipe")
    return source
  }

  package var place: FormatError.Place { .byte(position) }
  package var mostLeft: Int { isFinished ? 0 : Int.max }

  package func read(into target: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    guard !isFinished, target.count > 0 else { return 0 }
    while true {
      guard try awaitBytes() else {
        isFinished = true
        return 0
      }
      let got = Glibc.read(descriptor, target.baseAddress, target.count)
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw FormatError(file, cannot: "read", code: errno) }
      isFinished = got == 0
      position += got
      return got
    }
  }

  /// Waits for bytes or the end; whether the task was not cancelled meanwhile.
  private func awaitBytes() throws(FormatError) -> Bool {
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while !Task.isCancelled {
      let ready = poll(&request, 1, 200)
      if ready > 0 { return true }
      guard ready == 0 || errno == EINTR else {
        throw FormatError(file, cannot: "read", code: errno)
      }
    }
    return false
  }
}
