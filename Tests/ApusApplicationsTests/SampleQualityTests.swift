import ApusApplications
import ApusFormats
import ApusTensors
import Foundation
import Testing

/// Pictures scored in the features of a small classifier.
@Suite struct SampleQualityTests {
  let temporary = TemporaryFolder()
  let data = TemporaryFolder()
  let request: GANRecipe.EvaluationRequest
  /// The test pictures, `uint8 [24, 28, 28]`.
  let real: Tensor

  init() async throws {
    try SyntheticFashion.write(to: data)
    var options = SyntheticFashion.options(data)
    (options.epochs, options.learningRate) = (10, 0.002)  // until batch statistics have settled
    let classifier = try await FashionRecipe.train(
      options, output: temporary("classifier")
    ).folder
    var request = GANRecipe.EvaluationRequest()
    request.data = data.path
    request.features = classifier.path
    request.threads = 1
    self.request = request
    real = try IDX.read(data("t10k-images-idx3-ubyte"))
  }

  @Test func theTestPicturesThemselvesAreAsGoodAsCanBe() async throws {
    try NPY.write(real, to: temporary("real.npy"))
    let quality = try await GANRecipe.evaluate(picturesAt: temporary("real.npy"), request)
    #expect(quality.frechetDistance < 1e-6)
    #expect(quality.precision == 1)
    #expect(quality.recall == 1)
    #expect(quality.classBalance.allSatisfy { $0.share == $0.realShare })
    #expect(abs(quality.classBalance.reduce(0) { $0 + $1.share } - 1) < 1e-12)
    #expect(quality.samples == 24)
    #expect(quality.examples == 24)
    #expect(quality.features == request.features)
    // What the features were taken from classifies as the classifier does.
    let report = try FashionRecipe.evaluate(
      RunFolder.find(temporary("classifier")), data: data.path, threads: 1)
    let claimed = (0..<10).map { column in report.counts.reduce(0) { $0 + $1[column] } }
    #expect(quality.classBalance.map { $0.realShare * 24 }.map { Int($0.rounded()) } == claimed)
  }

  @Test func everyKindOfFileHoldsTheSamePictures() async throws {
    let some = real[0..<12]
    let shares = some.scalars(as: UInt8.self).map { Double($0) / 255 }
    try NPY.write(some, to: temporary("a.npy"))
    try NPZ.write(
      [
        ("labels", Tensor([1, 2] as [Int64])),
        ("images", Tensor(shares, shape: [12, 784])),
      ], to: temporary("b.npz"))
    try NPZ.write([("x", some.reshaped(to: [12, 28, 28, 1]))], to: temporary("c.npz"))
    try FileManager.default.createDirectory(
      atPath: temporary("d"), withIntermediateDirectories: true)
    for index in 0..<12 {
      let grey = some[index].scalars(as: UInt8.self)
      let picture =
        index.isMultiple(of: 2)
        ? some[index] : Tensor(grey.flatMap { [$0, $0, $0] }, shape: [28, 28, 3])
      try PNG.write(picture, to: temporary("d/\(index + 10).png"))
    }
    let first = try await GANRecipe.evaluate(picturesAt: temporary("a.npy"), request)
    for name in ["b.npz", "c.npz", "d"] {
      #expect(GANRecipe.holdsPictures(temporary(name)))
      let other = try await GANRecipe.evaluate(picturesAt: temporary(name), request)
      #expect(other == first, "\(name)")
    }
    #expect(first.frechetDistance > 0)
  }

  @Test func refusesOtherArrays() async throws {
    try NPY.write(Tensor(zeros: TensorType([5, 20, 20], .uint8)), to: temporary("small.npy"))
    try NPY.write(Tensor(zeros: TensorType([5, 784], .int32)), to: temporary("int.npy"))
    try NPY.write(
      Tensor([Float](repeating: 200, count: 5 * 784), shape: [5, 784]), to: temporary("big.npy"))
    try NPZ.write(
      [("a", Tensor([1] as [Float])), ("b", Tensor([1] as [Float]))], to: temporary("two.npz"))
    for (name, sentence) in [
      (
        "small.npy",
        "expected pictures [count, 28, 28], [count, 28, 28, 1] or [count, 784], got uint8[5, 20, 20]"
      ),
      ("int.npy", "expected uint8 pixels, or real numbers in 0…1, got int32[5, 784]"),
      ("big.npy", "expected uint8 pixels, or real numbers in 0…1, got 200.0"),
      ("two.npz", "expected one array, or one called images or samples, got a, b"),
    ] {
      let error = await #expect(throws: FormatError.self) {
        try await GANRecipe.evaluate(picturesAt: temporary(name), request)
      }
      #expect(error?.description == "\(temporary(name)): \(sentence)")
    }
  }

  @Test func aRunIsScoredByItsPictures() async throws {
    var options = GANOptions()
    options.data = data.path
    options.steps = 1
    options.batchSize = 4
    options.threads = 1
    let folder = try await GANRecipe.train(options, output: temporary("run")).folder
    var request = request
    request.limit = 20
    let quality = try await GANRecipe.evaluate(folder, request)
    #expect(quality.samples == 20)
    #expect(quality.examples == 20)
    #expect(quality.frechetDistance > 0)
    #expect(try await GANRecipe.evaluate(folder, request) == quality)
    request.seed = 1
    #expect(try await GANRecipe.evaluate(folder, request) != quality)
  }
}
