import ApusApplications
import ApusDatasets
import ApusFormats
import ApusTensors

/// The four files of a small data set in the form of Fashion-MNIST: each class is a bright bar of its own.
enum SyntheticFashion {
  static func write(to folder: TemporaryFolder, training: Int = 40, test: Int = 24, shift: Int = 0)
    throws
  {
    for (name, count, shift) in [("train", training, shift), ("t10k", test, 3)] {
      let images = IDX.encode(images(count: count, shift: shift))
      let labels = IDX.encode(Tensor((0..<count).map { UInt8(label(of: $0)) }))
      try AtomicFile.write(images, to: folder("\(name)-images-idx3-ubyte"))
      try AtomicFile.write(labels, to: folder("\(name)-labels-idx1-ubyte"))
    }
  }

  /// Options of one short epoch on the files in `folder`, which does not diverge.
  static func options(_ folder: TemporaryFolder) -> FashionOptions {
    var options = FashionOptions()
    options.data = folder.path
    options.epochs = 1
    options.batchSize = 8
    options.side = 8
    options.width = 0.25
    options.learningRate = 0.01
    options.threads = 1
    return options
  }

  static func label(of index: Int) -> Int { index * 7 % 10 }

  private static func images(count: Int, shift: Int) -> Tensor {
    var pixels = [UInt8](repeating: 0, count: count * 28 * 28)
    for index in 0..<count {
      let row = 2 + label(of: index) * 2
      for column in 4 + shift..<24 {
        let noise = UInt8(truncatingIfNeeded: (index * 31 + column * 17) % 50)
        pixels[index * 784 + row * 28 + column] = 200 + noise
        pixels[index * 784 + (row + 1) * 28 + column] = 255 - noise
      }
    }
    return Tensor(pixels, shape: [count, 28, 28])
  }
}
