import ApusFormats
import ApusTensors
import Glibc

/// The data set Fashion-MNIST: 60 000 pictures of clothes to learn from and 10 000 to test with.
///
/// Each is grey, 28 × 28, a bright item on black, of one of ten classes.
///
/// Reference: Xiao, Rasul, Vollgraf (2017), "Fashion-MNIST: a novel image dataset for benchmarking
/// machine learning algorithms", arXiv:1708.07747.
public enum FashionMNIST {
  /// Where Debian's package `dataset-fashion-mnist` puts the files.
  public static let defaultFolder = "/usr/share/datasets/fashion-mnist"

  /// The ten classes, in the order of their labels.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
  ]

  /// The pictures to learn from and those to test with.
  public struct Parts: Sendable {
    public let training: ImageClassificationData
    public let test: ImageClassificationData
  }

  /// Reads and checks the four IDX files of a folder, gzipped or not.
  ///
  /// Nothing is given before all four are found whole: pictures of one size, as many labels as
  /// pictures, every label in 0…9, no part empty.
  ///
  /// - Throws: `DatasetError.missing` where the folder has none of the files, else `FormatError`
  ///   with the file, what was expected and what came; a file may hold 1 GiB of numbers.
  public static func load(from folder: String = defaultFolder) throws -> Parts {
    let paths = try paths(in: folder)
    let training = try part(images: paths[0], labels: paths[1])
    let test = try part(images: paths[2], labels: paths[3])
    guard (training.height, training.width) == (test.height, test.width) else {
      throw FormatError(
        paths[2], .byte(8),
        expected: "pictures of \(training.height) × \(training.width) as in \(paths[0])",
        actual: "\(test.height) × \(test.width)")
    }
    return Parts(training: training, test: test)
  }

  /// Whether a folder has the four files and they may be read; their content is not looked at.
  public static func isPresent(in folder: String = defaultFolder) -> Bool {
    (try? paths(in: folder))?.allSatisfy { access($0, R_OK) == 0 } ?? false
  }

  private static let byteLimit = 1 << 30
  private static let names = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
  ]

  private static func paths(in folder: String) throws -> [String] {
    let found = names.map { name in
      // Reading says what forbids it where the folder cannot be looked into.
      [name, name + ".gz"].map { folder + "/" + $0 }
        .first { access($0, F_OK) == 0 || errno == EACCES }
    }
    guard found.contains(where: { $0 != nil }) else {
      throw DatasetError(
        .missing(folder: folder),
        "no Fashion-MNIST in \(folder): install Debian's with `apt install dataset-fashion-mnist`, "
          + "or name a folder with its four IDX files with `--data DIR`")
    }
    return try zip(found, names).map { path, name in
      guard let path else {
        throw FormatError(
          folder, .wholeFile,
          expected: "\(name) or \(name).gz beside the other files of "
            + "Fashion-MNIST", actual: "neither")
      }
      return path
    }
  }

  private static func part(
    images imagesPath: String, labels labelsPath: String
  ) throws -> ImageClassificationData {
    let images = try IDX.read(imagesPath, byteLimit: byteLimit)
    guard images.dataType == .uint8, images.shape.rank == 3 else {
      throw FormatError(
        imagesPath, .byte(0), expected: "pictures, uint8[count, height, width]",
        actual: "\(images.type)")
    }
    guard images.shape[0] > 0 else {
      throw FormatError(imagesPath, .byte(4), expected: "at least one picture", actual: "0")
    }
    guard 1...1024 ~= images.shape[1], 1...1024 ~= images.shape[2] else {
      throw FormatError(
        imagesPath, .byte(8), expected: "pictures of 28 × 28, at most 1024 × 1024",
        actual: "\(images.shape[1]) × \(images.shape[2])")
    }
    let labels = try IDX.read(labelsPath, byteLimit: byteLimit)
    guard labels.dataType == .uint8, labels.shape.rank == 1 else {
      throw FormatError(
        labelsPath, .byte(0), expected: "labels, uint8[count]", actual: "\(labels.type)")
    }
    guard labels.count == images.shape[0] else {
      throw FormatError(
        labelsPath, .byte(4),
        expected: "\(images.shape[0]) labels, one for each picture of \(imagesPath)",
        actual: "\(labels.count)")
    }
    let numbers = labels.scalars(as: UInt8.self)
    if let wrong = numbers.firstIndex(where: { $0 > 9 }) {
      throw FormatError(
        labelsPath, labelsPath.hasSuffix(".gz") ? .uncompressedByte(8 + wrong) : .byte(8 + wrong),
        expected: "labels in 0…9", actual: "\(numbers[wrong])")
    }
    return try ImageClassificationData(
      pixels: images.reshaped(to: Shape(images.shape.extents + [1])),
      labels: numbers.map { Int32($0) }, classNames: classNames)
  }
}
