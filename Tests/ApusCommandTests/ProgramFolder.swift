import ApusFormats
import ApusTensors
import Foundation

/// A folder of its own for each test, removed afterwards.
final class ProgramFolder: Sendable {
  let path: String

  init() {
    path = FileManager.default.temporaryDirectory.path + "/apus-test-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of something in the folder.
  func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// Writes a small data set in the form of Fashion-MNIST into `data/`: a bright bar for each class.
  func writeData(training: Int = 40, test: Int = 20) throws {
    try FileManager.default.createDirectory(
      atPath: self("data"), withIntermediateDirectories: true)
    for (name, count) in [("train", training), ("t10k", test)] {
      var pixels = [UInt8](repeating: 0, count: count * 784)
      for place in 0..<count * 24 {
        let (index, column) = (place / 24, place % 24)
        pixels[index * 784 + (2 + index % 10 * 2) * 28 + column] = UInt8(255 - index % 9)
      }
      let labels = (0..<count).map { UInt8($0 % 10) }
      try AtomicFile.write(
        IDX.encode(Tensor(pixels, shape: [count, 28, 28])),
        to: self("data/\(name)-images-idx3-ubyte"))
      try AtomicFile.write(IDX.encode(Tensor(labels)), to: self("data/\(name)-labels-idx1-ubyte"))
    }
  }
}
