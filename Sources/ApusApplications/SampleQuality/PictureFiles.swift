import ApusFormats
import ApusTensors

/// Pictures that somebody else made, read to be scored.
enum PictureFiles {
  private static let countLimit = 1_000_000

  /// Whether a path is one of pictures rather than of a run: a `.npy` or `.npz` file, or a folder
  /// with PNG files.
  static func holdsPictures(_ path: String) -> Bool {
    if path.hasSuffix(".npy") || path.hasSuffix(".npz") { return true }
    guard RunFolder.isFolder(path), let names = try? RunFolder.entries(of: path) else {
      return false
    }
    return !names.contains("run.json") && names.contains { $0.hasSuffix(".png") }
  }

  /// The pictures at a path, `uint8 [count, 28, 28, 1]`, as many as `limit` says.
  ///
  /// Arrays are `uint8`, or real numbers in 0 … 1, of shape `[count, 28, 28]`, `[count, 28, 28, 1]`
  /// or `[count, 784]`. An archive holds one of these, or several of which one is called `images`
  /// or `samples`. PNG files are taken in the order of their names; colours become grey.
  static func read(_ path: String, limit: Int?) throws -> Tensor {
    let pictures: Tensor
    if path.hasSuffix(".npy") {
      pictures = try bytes(of: NPY.read(path), file: path)
    } else if path.hasSuffix(".npz") {
      pictures = try bytes(of: array(in: NPZ.read(path), file: path), file: path)
    } else {
      return try folder(path, limit: limit)
    }
    return pictures[0..<min(pictures.shape[0], limit ?? .max)]
  }

  private static func array(
    in arrays: [(name: String, tensor: Tensor)], file: String
  ) throws(FormatError) -> Tensor {
    if arrays.count == 1 { return arrays[0].tensor }
    if let named = arrays.first(where: { $0.name == "images" || $0.name == "samples" }) {
      return named.tensor
    }
    throw FormatError(
      file, .wholeFile, expected: "one array, or one called images or samples",
      actual: arrays.isEmpty ? "none" : arrays.map(\.name).joined(separator: ", "))
  }

  private static func bytes(of array: Tensor, file: String) throws(FormatError) -> Tensor {
    let side = GANRecipe.side
    let shape = array.shape.extents
    let isRight = [[side, side], [side, side, 1], [side * side]].contains(Array(shape.dropFirst()))
    guard isRight, let count = shape.first, 1...countLimit ~= count else {
      throw FormatError(
        file, .wholeFile,
        expected: "pictures [count, 28, 28], [count, 28, 28, 1] or [count, 784]",
        actual: "\(array.type)")
    }
    let pictures = array.reshaped(to: [count, side, side, 1])
    switch array.dataType {
    case .uint8: return pictures
    case .float32, .float64: return try bytes(ofShares: pictures, file: file)
    default:
      throw FormatError(
        file, .wholeFile, expected: "uint8 pixels, or real numbers in 0…1",
        actual: "\(array.type)")
    }
  }

  private static func bytes(ofShares pictures: Tensor, file: String) throws(FormatError) -> Tensor {
    let shares = pictures.converted(to: .float32).scalars(as: Float.self)
    if let wrong = shares.first(where: { !(0...1 ~= $0) }) {
      throw FormatError(
        file, .wholeFile, expected: "uint8 pixels, or real numbers in 0…1", actual: "\(wrong)")
    }
    return Tensor(shares.map { UInt8(($0 * 255).rounded()) }, shape: pictures.shape)
  }

  private static func folder(_ path: String, limit: Int?) throws -> Tensor {
    let names = try RunFolder.entries(of: path).filter { $0.hasSuffix(".png") }
      .prefix(min(limit ?? .max, countLimit))
    let side = GANRecipe.side
    var pixels: [UInt8] = []
    for name in names {
      let file = path + "/" + name
      let picture = try PNG.read(file)
      guard picture.shape[0] == side, picture.shape[1] == side, picture.shape[2] != 4 else {
        throw FormatError(
          file, .wholeFile, expected: "a picture of 28 × 28 pixels in grey or colour",
          actual: "\(picture.type)")
      }
      pixels += grey(picture)
    }
    return Tensor(pixels, shape: [names.count, side, side, 1])
  }

  /// The luma of a picture, `uint8 [height, width, 1 or 3]` (ITU-R BT.601).
  private static func grey(_ picture: Tensor) -> [UInt8] {
    let bytes = picture.scalars(as: UInt8.self)
    guard picture.shape[2] == 3 else { return bytes }
    return stride(from: 0, to: bytes.count, by: 3).map { place in
      let (red, green, blue) = (Int(bytes[place]), Int(bytes[place + 1]), Int(bytes[place + 2]))
      return UInt8((299 * red + 587 * green + 114 * blue + 500) / 1000)
    }
  }
}
