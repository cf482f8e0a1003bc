import ApusFormats
import Glibc

/// The files that a person named as a text: files, all files of folders, `-` for standard input.
package enum TextFiles {
  /// A part of a text that can be opened.
  package enum Part: Sendable, Hashable {
    case file(String)
    /// A named pipe, or what a shell puts in a command's place.
    case pipe(String)
    case standardInput

    /// The name in errors and records.
    package var name: String {
      switch self {
      case .file(let path), .pipe(let path): path
      case .standardInput: "standard input"
      }
    }

    /// Its content, unpacked where it is compressed; pipes and standard input are taken as they come.
    package func open() throws(FormatError) -> any ByteSource {
      switch self {
      case .file(let path): try CompressedFile.open(path)
      case .pipe(let path): try PipeSource.open(path)
      case .standardInput: PipeSource.standardInput
      }
    }
  }

  /// The parts that `paths` name: those of a folder in the order of their names, hidden ones left out.
  ///
  /// - Throws: `FormatError` where a path does not exist or a folder cannot be read; ``DatasetError``
  ///   where nothing is named, folders hold no file or standard input is named twice.
  package static func parts(of paths: [String]) throws -> [Part] {
    var parts: [Part] = []
    for path in paths {
      if path == "-" {
        guard !parts.contains(.standardInput) else {
          throw DatasetError(.setting, "-: standard input can be read only once")
        }
        parts.append(.standardInput)
      } else {
        parts += try self.parts(at: path)
      }
    }
    guard !parts.isEmpty else {
      throw DatasetError(
        .missing(folder: paths.first ?? ""),
        "\(paths.joined(separator: ", ")): expected files with text, found none")
    }
    return parts
  }

  private static func parts(at path: String) throws(FormatError) -> [Part] {
    let status = try self.status(of: path)
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return try files(in: path, status, within: [])
    case S_IFREG: return [.file(path)]
    default: return [.pipe(path)]
    }
  }

  private static func status(of path: String) throws(FormatError) -> stat {
    var status = stat()
    guard stat(path, &status) == 0 else { throw FormatError(path, cannot: "read", code: errno) }
    return status
  }

  /// The files of a folder and of those in it; a link to a folder that it is in itself leads nowhere new.
  private static func files(
    in path: String, _ status: stat, within outer: [stat]
  ) throws(FormatError) -> [Part] {
    guard !outer.contains(where: { $0.st_ino == status.st_ino && $0.st_dev == status.st_dev })
    else { return [] }
    guard let folder = opendir(path) else { throw FormatError(path, cannot: "read", code: errno) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if bytes.first == UInt8(ascii: ".") { continue }
      guard let name = String(validating: bytes, as: UTF8.self) else {
        throw FormatError(
          path, .wholeFile, expected: "files whose names are UTF-8",
          actual: "the name \(String(decoding: bytes, as: UTF8.self))")
      }
      names.append(name)
    }
    var found: [Part] = []
    for name in names.sorted() {
      let inner = "\(path)/\(name)"
      let kind = try self.status(of: inner)
      switch kind.st_mode & S_IFMT {
      case S_IFDIR: found += try files(in: inner, kind, within: outer + [status])
      case S_IFREG: found.append(.file(inner))
      default:
        throw FormatError(
          inner, .wholeFile, expected: "a file with text", actual: "a pipe or device")
      }
    }
    return found
  }
}
