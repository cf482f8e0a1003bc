import ApusEngine
import ApusGraph
import ApusLayers
import ApusModels
import ApusTensors
import ApusTestSupport
import ApusTraining
import Testing

/// MobileNet from the weights and batches of `Tests/Golden/twin.py`, against what PyTorch computed.
@Suite struct TwinTests {
  @Test func generatorIsTheScripts() throws {
    let file = try golden("twin.safetensors")
    let weights = TwinData.weights()
    let kernel = try #require(weights["conv1/kernel"]).scalars(as: Float.self)
    #expect(file["check/weights"]?.scalars() == Array(kernel.prefix(32)))
    let learned = weights.filter { !$0.key.contains("moving") }
    let sum = learned.values.reduce(0) { $0 + $1.doubles.reduce(0, +) }
    #expect(abs(sum - (try #require(file["check/weight_sum"]).doubles[0])) < 1e-6)
    let pixels = TwinData.pixels
    #expect(file["check/pixels"]?.scalars() == Array(pixels.prefix(32)))
    #expect(file["check/pixel_sum"]?.doubles == [pixels.reduce(0) { $0 + Double($1) }])
    let labels = (0..<20).flatMap { TwinData.labels($0) }
    #expect(file["check/labels"]?.scalars() == labels)
  }

  @Test(arguments: [EngineOptions(threads: 2), EngineOptions(threads: 1), .reference])
  func lossesAndStatisticsArePyTorchs(_ options: EngineOptions) async throws {
    let file = try golden("twin.safetensors")
    let recipe = TrainingRecipe(
      model: MobileNet(alpha: 0.25, classes: 10, dropout: 0), loss: SoftmaxCrossEntropyLoss(),
      optimizer: SGD())
    let trainer = try Trainer(
      recipe,
      TrainerSettings(epochs: 20, schedule: ConstantSchedule(1 / 64), engine: options))
    let log = EventLog()
    try await trainer.train(
      on: TwinData(), from: .weights(TwinData.weights()), reportingTo: log.report)

    let losses = try #require(file["losses"]).doubles
    #expect(log.epochs.count == losses.count)
    for (epoch, loss) in zip(log.epochs, losses) {
      #expect(abs(epoch.progress.loss / loss - 1) < 1e-4, "step \(epoch.progress.step)")
    }
    let weights = try await trainer.weights(.current)
    var compared = 0
    for (name, expected) in file.tensors where weights.contains(where: { $0.name == name }) {
      let tensor = try #require(weights.first { $0.name == name }).tensor
      let error = relativeError(of: tensor.doubles, to: expected.doubles)
      let bound = name.contains("moving") ? 1e-5 : 1e-4
      #expect(error < bound, "\(name) differs by \(error) of its largest")
      compared += 1
    }
    #expect(compared == 57)  // 27 means, 27 variances, two kernels, one bias
  }
}
