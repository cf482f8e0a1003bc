import ApusFormats
import Glibc

/// The files that a person named as a text: files, all files of folders, `-` for standard input.
package enum TextFiles {
  /// A part of a text that can be opened.
  package enum Part: Sendable, Hashable {
    case file(String)
    case standardInput

    /// The name in errors and records.
    package var name: String {
      switch self {
      case .file(let path): path
      case .standardInput: "standard input"
      }
    }

    /// Its content, unpacked where it is compressed; standard input is taken as it comes.
    package func open() throws(FormatError) -> any ByteSource {
      switch self {
      case .file(let path): try CompressedFile.open(path)
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
        parts += try files(at: path).map { .file($0) }
      }
    }
    guard !parts.isEmpty else {
      throw DatasetError(
        .missing(folder: paths.first ?? ""),
        "\(paths.joined(separator: ", ")): expected files with text, found none")
    }
    return parts
  }

  private static func files(at path: String) throws(FormatError) -> [String] {
    var status = stat()
    guard stat(path, &status) == 0 else { throw FormatError(path, cannot: "read", code: errno) }
    guard status.st_mode & S_IFMT == S_IFDIR else { return [path] }
    guard let folder = opendir(path) else { throw FormatError(path, cannot: "read", code: errno) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    var found: [String] = []
    for name in names.sorted() { found += try files(at: "\(path)/\(name)") }
    return found
  }
}
