import ApusTensors

/// NumPy's format for several named arrays: a zip archive of npy files.
public enum NPZ {
  /// The arrays in a file, in its order; each name is without `.npy`.
  ///
  /// - Parameter byteLimit: the most memory all numbers together may take.
  /// - Throws: `FormatError` where the archive or one of its arrays is damaged or of a kind not
  ///   read, or the numbers pass the limit.
  public static func read(
    _ path: String, byteLimit: Int = ByteLimit.standard
  ) throws(FormatError) -> [(name: String, tensor: Tensor)] {
    try read(OpenFile.open(path), byteLimit: byteLimit)
  }

  /// The arrays in the bytes of a file; errors call it `file`.
  ///
  /// - Parameter byteLimit: the most memory all numbers together may take.
  public static func decode(
    _ bytes: [UInt8], file: String, byteLimit: Int = ByteLimit.standard
  ) throws(FormatError) -> [(name: String, tensor: Tensor)] {
    try read(MemoryBytes(bytes, file: file), byteLimit: byteLimit)
  }

  /// Writes named arrays so that `numpy.load` reads them.
  ///
  /// - Throws: `FormatError` where it cannot be written, a name comes twice, or it reaches 4 GiB.
  public static func write(
    _ tensors: [(name: String, tensor: Tensor)], to path: String, compressing: Bool = false
  ) throws(FormatError) {
    var names: Set<String> = []
    for (name, _) in tensors where !names.insert(name).inserted {
      throw FormatError(path, .wholeFile, expected: "each name once", actual: "\(name) again")
    }
    guard tensors.count < 0xFFFF, tensors.allSatisfy({ $0.name.utf8.count < 0xFFF0 }) else {
      throw FormatError(
        path, .wholeFile, expected: "less than 65535 arrays with names shorter than 65520 bytes",
        actual: "\(tensors.count) arrays")
    }
    try AtomicFile.write(to: path) { (writer) throws(FormatError) in
      var archive = ZipWriter()
      for (name, tensor) in tensors {
        try archive.add(
          name + ".npy", NPY.encode(tensor), compressing: compressing, to: writer, file: path)
      }
      try archive.finish(writer, file: path)
    }
  }

  private static func read(
    _ stored: any StoredBytes, byteLimit: Int
  ) throws(FormatError) -> [(name: String, tensor: Tensor)] {
    let archive = try ZipArchive(stored)
    var tensors: [(name: String, tensor: Tensor)] = []
    var bytesLeft = byteLimit
    for entry in archive.entries {
      let isArray = entry.name.hasSuffix(".npy")
      let file = "\(stored.file) (\(entry.name))"
      // Headers count too, so that many small parts are bounded as one large one is.
      try ByteLimit.check(
        entry.count, of: "unpacked", within: bytesLeft, file, .byte(entry.place))
      let tensor = try NPY.decode(archive.bytes(of: entry), file: file, byteLimit: bytesLeft)
      bytesLeft -= max(entry.count, tensor.type.byteCount)
      tensors.append((isArray ? String(entry.name.dropLast(4)) : entry.name, tensor))
    }
    return tensors
  }
}
