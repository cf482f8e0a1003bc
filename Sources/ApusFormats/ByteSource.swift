/// Bytes that come one after the other: part of a file, or what a compressed part unpacks to.
package protocol ByteSource: AnyObject {
  /// The name errors give the file.
  var file: String { get }
  /// Where the next byte is, for errors.
  var place: FormatError.Place { get }
  /// At most so many bytes can still come: what headers may claim before memory is taken.
  var mostLeft: Int { get }
  /// Fills as much of `target` as there is; 0 at the end.
  func read(into target: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int
}

extension ByteSource {
  /// Fills `target` whole; `content` says in the error what is missing.
  package func fill(
    _ target: UnsafeMutableRawBufferPointer, with content: String
  ) throws(FormatError) {
    var done = 0
    while done < target.count {
      let got = try read(into: UnsafeMutableRawBufferPointer(rebasing: target[done...]))
      guard got > 0 else {
        throw FormatError(
          file, place, expected: "\(target.count) bytes of \(content)",
          actual: "the end of the file after \(done)")
      }
      done += got
    }
  }

  /// The next `count` bytes; `content` says in the error what is missing.
  package func bytes(_ count: Int, of content: String) throws(FormatError) -> [UInt8] {
    try require(count, of: content)
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: FormatError?
    bytes.withUnsafeMutableBytes { target in
      do throws(FormatError) { try fill(target, with: content) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Refuses a size that the rest of the file cannot hold, before memory is taken for it.
  package func require(_ count: Int, of content: String) throws(FormatError) {
    guard count <= mostLeft else {
      throw FormatError(
        file, place, expected: "\(count) bytes of \(content)",
        actual: "a file with at most \(mostLeft) more")
    }
  }

  /// Refuses bytes after the last one that belongs.
  package func requireEnd(after content: String) throws(FormatError) {
    let end = place
    var extra: (UInt8, UInt8) = (0, 0)
    let result = withUnsafeMutableBytes(of: &extra) { target in
      Result { () throws(FormatError) in try read(into: target) }
    }
    guard try result.get() == 0 else {
      throw FormatError(
        file, end, expected: "the end of the file after \(content)", actual: "more bytes")
    }
  }
}

/// The bytes of one range of a file, in order.
package final class RangeSource: ByteSource {
  private let stored: any StoredBytes
  private var position: Int
  private let end: Int

  /// The bytes of `range`, or of the whole file.
  ///
  /// - Precondition: the range lies within the file.
  package init(_ stored: any StoredBytes, _ range: Range<Int>? = nil) {
    let range = range ?? 0..<stored.count
    precondition(range.upperBound <= stored.count, "bytes \(range) of a file of \(stored.count)")
    self.stored = stored
    position = range.lowerBound
    end = range.upperBound
  }

  package var file: String { stored.file }
  package var place: FormatError.Place { .byte(position) }
  package var mostLeft: Int { end - position }

  package func read(into target: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    let count = min(target.count, end - position)
    guard count > 0 else { return 0 }
    try stored.read(at: position, into: UnsafeMutableRawBufferPointer(rebasing: target[..<count]))
    position += count
    return count
  }
}
