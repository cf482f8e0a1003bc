import ApusDatasets
import ApusFormats
import ApusTensors
import Testing

@Suite struct FashionMNISTTests {
  static let names = [
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
  ]

  /// The bytes of a small data set's four files.
  var files: [[UInt8]] {
    [3, 2].flatMap { count in
      [
        IDX.encode(Tensor((0..<count * 6).map { UInt8($0) }, shape: [count, 2, 3])),
        IDX.encode(Tensor((0..<count).map { UInt8($0 + 7) })),
      ]
    }
  }

  /// Loads a folder with these files; an empty one is not written.
  func load(_ files: [[UInt8]], suffix: String = "") throws -> FashionMNIST.Parts {
    try withTemporaryFolder { folder in
      for (name, bytes) in zip(Self.names, files) where !bytes.isEmpty {
        try AtomicFile.write(bytes, to: "\(folder)/\(name)\(suffix)")
      }
      return try FashionMNIST.load(from: folder)
    }
  }

  @Test func loadsPlainAndGzippedFiles() throws {
    for (bytes, suffix) in [(files, ""), (files.map { Deflate.gzip($0) }, ".gz")] {
      let parts = try load(bytes, suffix: suffix)
      #expect(parts.training.labels == [7, 8, 9])
      #expect(parts.test.labels == [7, 8])
      #expect(parts.training.pixels == Tensor((0..<18).map { UInt8($0) }, shape: [3, 2, 3, 1]))
      #expect(parts.test.classNames.count == 10)
    }
  }

  @Test func missingDataSaysTheTwoWaysToGetIt() {
    let text = sentence { try FashionMNIST.load(from: "/nowhere") }
    #expect(
      text
        == "no Fashion-MNIST in /nowhere: "
        + "install Debian's with `apt install dataset-fashion-mnist`, "
        + "or name a folder with its four IDX files with `--data DIR`")
    #expect(!FashionMNIST.isPresent(in: "/nowhere"))
  }

  /// The file that is replaced, by what, and what the error says.
  static let faults: [(Int, [UInt8], String)] = [
    (
      0, [], "expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz beside the other files"
    ),
    (
      1, IDX.encode(Tensor([1, 2] as [UInt8])), "train-labels-idx1-ubyte, byte 4: expected 3 labels"
    ),
    (
      1, IDX.encode(Tensor([1, 10, 2] as [UInt8])),
      "train-labels-idx1-ubyte, byte 9: expected labels in 0…9, got 10"
    ),
    (
      3, IDX.encode(Tensor([1, 2] as [Int32])),
      "t10k-labels-idx1-ubyte, byte 0: expected labels, uint8[count], got int32[2]"
    ),
    (
      2, IDX.encode(Tensor(zeros: TensorType([0, 2, 3], .uint8))),
      "t10k-images-idx3-ubyte, byte 4: expected at least one picture, got 0"
    ),
    (
      2, IDX.encode(Tensor(zeros: TensorType([2, 3, 3], .uint8))),
      "t10k-images-idx3-ubyte, byte 8: expected pictures of 2 × 3 as in"
    ),
    (
      2, IDX.encode(Tensor(zeros: TensorType([2, 6], .uint8))),
      "expected pictures, uint8[count, height, width], got uint8[2, 6]"
    ),
    (
      0, IDX.encode(Tensor(zeros: TensorType([3, 2000, 1], .uint8))),
      "expected pictures of 28 × 28, at most 1024 × 1024, got 2000 × 1"
    ),
    (
      2, [1, 2, 3, 4, 5], "t10k-images-idx3-ubyte, byte 0: expected the magic number of an IDX file"
    ),
    (
      3, [0, 0, 8, 1, 0, 0, 0, 2, 1], "t10k-labels-idx1-ubyte, byte 8: expected 2 bytes of numbers"
    ),
  ]

  @Test(arguments: faults)
  func everyFaultNamesItsFile(index: Int, bytes: [UInt8], fault: String) throws {
    var damaged = files
    damaged[index] = bytes
    let text = sentence { try load(damaged) }
    #expect(text.contains(fault), "\(text)")
  }

  @Test func filesAboveAGibibyteAreRefused() throws {
    // 1.1 MB that could hold the 1.2 GB its header claims.
    var damaged = files
    damaged[0] = hostilePictures
    let text = sentence { try load(damaged, suffix: ".gz") }
    #expect(
      text.hasSuffix(
        "train-images-idx3-ubyte.gz, byte 16 of the uncompressed data: expected at most 1073741824 "
          + "bytes of numbers, got 1233125376 bytes, uint8[1572864, 28, 28]"))
  }

  @Test(.enabled(if: FashionMNIST.isPresent(), "Debian's dataset-fashion-mnist is not installed"))
  func theRealDataIsWhole() throws {
    let parts = try FashionMNIST.load()
    for (part, count) in [(parts.training, 60_000), (parts.test, 10_000)] {
      #expect(part.count == count)
      #expect((part.height, part.width, part.channels) == (28, 28, 1))
      for label in 0..<Int32(10) {
        #expect(part.labels.count { $0 == label } == count / 10)
      }
    }
    // The first labels and the mean pixel as published.
    #expect(parts.training.labels.prefix(5) == [9, 0, 0, 3, 0])
    let sum = parts.training.pixels.withElements(as: UInt8.self) { $0.reduce(0) { $0 + Int($1) } }
    #expect(abs(Double(sum) / 60_000 / 784 / 255 - 0.2860) < 0.0001)
  }
}
