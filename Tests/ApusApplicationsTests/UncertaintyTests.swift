import ApusApplications
import ApusFormats
import ApusTensors
import Foundation
import Testing

/// How sure a classifier is: the measures, and runs with and without dropout.
@Suite struct UncertaintyTests {
  let temporary = TemporaryFolder()
  let data = TemporaryFolder()
  let options: FashionOptions

  init() throws {
    try SyntheticFashion.write(to: data)
    var options = SyntheticFashion.options(data)
    options.dropout = 0.3
    self.options = options
  }

  private var images: [String] { [data("t10k-images-idx3-ubyte")] }

  private func train(
    _ options: FashionOptions, _ name: String = "run"
  ) async throws -> RunFolder {
    try await FashionRecipe.train(options, output: temporary(name)).folder
  }

  @Test func measuresAreThoseOfTheDefinition() {
    // Passes that agree: all of the entropy is in each pass.
    let sure = PredictiveUncertainty(probabilities: [[0.25, 0.75], [0.25, 0.75]])
    #expect(sure.mean == [0.25, 0.75])
    #expect(sure.spread == [0, 0])
    // 0.25·log 4 + 0.75·log(4/3)
    #expect(abs(sure.predictiveEntropy - 0.562_335_144_618_808_2) < 1e-12)
    #expect(sure.mutualInformation < 1e-12)
    // Passes that are sure of different classes: all of it is between them.
    let torn = PredictiveUncertainty(probabilities: [[1, 0], [0, 1]])
    #expect(torn.mean == [0.5, 0.5])
    #expect(abs(torn.spread[0] - 0.5.squareRoot()) < 1e-12)
    #expect(abs(torn.predictiveEntropy - 0.693_147_180_559_945_3) < 1e-12)
    #expect(abs(torn.mutualInformation - 0.693_147_180_559_945_3) < 1e-12)
  }

  @Test func sumsUpPassesOfARunWithDropout() async throws {
    var longer = options
    longer.epochs = 60  // until the running statistics are those of the data
    let run = try await train(longer)
    let predictions = try FashionRecipe.predict(run, images: images, passes: 20, top: 10)
    #expect(predictions.count == 24)
    for prediction in predictions {
      #expect(prediction.passes == 20)
      #expect(prediction.top.count == 10)
      #expect(abs(prediction.top.reduce(0) { $0 + $1.probability } - 1) < 1e-6)
      #expect(0...log(10) ~= prediction.predictiveEntropy)
      #expect(prediction.mutualInformation >= 0)
      #expect(prediction.mutualInformation <= prediction.predictiveEntropy)
    }
    #expect(predictions.contains { $0.top[0].spread > 0 && $0.mutualInformation > 0 })
    // Again the same; a picture alone is judged as among others.
    #expect(
      try FashionRecipe.predict(run, images: images, passes: 20, top: 10) == predictions)
    let pictures = try IDX.read(images[0])
    let last = Array(pictures.scalars(as: UInt8.self).suffix(28 * 28))
    try PNG.write(Tensor(last, shape: [28, 28]), to: temporary("last.png"))
    let alone = try FashionRecipe.predict(
      run, images: [temporary("last.png")], passes: 20, top: 10)
    #expect(alone[0].top == predictions[23].top)
  }

  @Test func refusesNumbersThatMakeNoSense() async throws {
    let run = try await train(options)
    #expect(throws: RunError.self) {
      try FashionRecipe.predict(run, images: images, passes: 1, top: 1)
    }
    #expect(throws: RunError.self) {
      try FashionRecipe.predict(run, images: images, passes: 5, top: 0)
    }
    #expect(throws: RunError.self) { try FashionRecipe.predict(run, images: images, top: -1) }
    #expect(throws: RunError.self) { try FashionRecipe.evaluate(run, limit: -1) }
  }

  @Test func refusesARunWithoutDropout() async throws {
    var without = options
    without.dropout = 0
    let run = try await train(without)
    let error = #expect(throws: RunError.noDropout(path: run.path)) {
      try FashionRecipe.predict(run, images: images, passes: 5, top: 1)
    }
    #expect(error?.description.contains("was trained without dropout") == true)
  }

  @Test func recordsTheRateAndKeepsIt() async throws {
    let run = try await train(options)
    #expect(try run.record().settings["dropout"] == 0.3)
    var other = FashionOptions()
    other.epochs = 2
    other.dropout = 0.4
    await #expect(
      throws: RunError.fixedSettings(
        path: run.path,
        changes: [.init(option: "--dropout", recorded: "0.3", requested: "0.4")])
    ) { try await FashionRecipe.resume(run, other) }
    other.dropout = 0.3
    #expect(try await FashionRecipe.resume(run, other).record.progress.epochs == 2)
  }

  @Test func earlierRecordsHaveTheDefaultRate() async throws {
    var plain = options
    plain.dropout = nil
    let run = try await train(plain)
    #expect(try !run.record().settings.line.contains("dropout"))
    var same = FashionOptions()
    same.epochs = 2
    same.dropout = 0.001
    #expect(try await FashionRecipe.resume(run, same).record.progress.epochs == 2)
  }

  @Test(arguments: [-0.1, 1, .nan])
  func refusesARateOutsideItsRange(rate: Double) {
    var wrong = options
    wrong.dropout = rate
    #expect(throws: RunError.self) { try wrong.settings() }
  }
}
