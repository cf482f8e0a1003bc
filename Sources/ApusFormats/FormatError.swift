import Glibc

/// Why a file could not be read or written, in one sentence that names the file and the place.
public struct FormatError: Error, Sendable, Hashable {
  /// The file as it was named by the caller.
  public let file: String
  /// Where in the file the fault is.
  public let place: Place
  public let reason: Reason

  /// Where in a file something is.
  public enum Place: Sendable, Hashable {
    case wholeFile
    /// An offset from the start of the file.
    case byte(Int)
    /// An offset from the start of what a compressed file holds.
    case uncompressedByte(Int)
    /// A line, counted from 1.
    case line(Int)
  }

  /// What is wrong with it.
  public enum Reason: Sendable, Hashable {
    case unexpected(expected: String, actual: String)
    /// The system refused; `action` as in "cannot read", `message` in its own words.
    case system(action: String, message: String)
  }

  /// The file holds something else than it must.
  public init(_ file: String, _ place: Place, expected: String, actual: String) {
    self.file = file
    self.place = place
    reason = .unexpected(expected: expected, actual: actual)
  }

  /// The system refused an action on the file, for the reason numbered `code` or for `message`.
  public init(_ file: String, cannot action: String, code: Int32) {
    self.init(file, cannot: action, message: String(cString: strerror(code)))
  }

  /// The system refused an action on the file.
  public init(_ file: String, cannot action: String, message: String) {
    self.file = file
    place = .wholeFile
    reason = .system(action: action, message: message)
  }
}

extension FormatError: CustomStringConvertible {
  public var description: String {
    switch reason {
    case .unexpected(let expected, let actual):
      "\(file)\(place): expected \(expected), got \(actual)"
    case .system(let action, let message): "cannot \(action) \(file): \(message)"
    }
  }
}

extension FormatError.Place: CustomStringConvertible {
  public var description: String {
    switch self {
    case .wholeFile: ""
    case .byte(let offset): ", byte \(offset)"
    case .uncompressedByte(let offset): ", byte \(offset) of the uncompressed data"
    case .line(let number): ", line \(number)"
    }
  }
}
