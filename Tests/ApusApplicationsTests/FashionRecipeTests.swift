import ApusApplications
import ApusDatasets
import ApusEngine
import ApusFormats
import ApusLayers
import ApusTensors
import ApusTraining
import Foundation
import Testing

@Suite struct FashionRecipeTests {
  let temporary = TemporaryFolder()
  let data = TemporaryFolder()
  let options: FashionOptions

  init() throws {
    try SyntheticFashion.write(to: data)
    var options = SyntheticFashion.options(data)
    options.epochs = 2
    options.side = 16
    options.threads = 2
    options.seed = 3
    self.options = options
  }

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(filePath: path))
  }

  /// The lines of a run's log without what depends on the clock.
  private func untimedLines(_ folder: RunFolder) throws -> [MetricsLine] {
    try MetricsLog.lines(of: folder).map { line in
      var line = line
      line.seconds = 0
      line.imagesPerSecond = nil
      return line
    }
  }

  /// Trains a run and cancels it after `step`.
  private func interruptedRun(_ name: String, after step: Int) async throws -> TrainingOutcome {
    let canceller = TaskCanceller()
    let task = Task { [options, output = temporary(name)] in
      try await FashionRecipe.train(options, output: output) { event in
        if case .step(let progress) = event, progress.step == step { canceller.cancel() }
      }
    }
    canceller.bind { task.cancel() }
    return try await task.value
  }

  @Test func leavesAWholeRun() async throws {
    let outcome = try await FashionRecipe.train(options, output: temporary("run"))
    let folder = outcome.folder
    let result = try #require(outcome.result)
    #expect(result.examples == 24)
    #expect(outcome.record.progress == .init(epochs: 2, totalEpochs: 2, steps: 10))
    #expect(try folder.record().json() == outcome.record.json())
    #expect(outcome.record.status == .finished)
    #expect(outcome.record.seed == 3)
    #expect(outcome.record.threads == 2)
    #expect(outcome.record.results == result.json)
    #expect(
      try RunFolder.entries(of: folder.path) == [
        "checkpoint", "metrics.jsonl", "pictures", "report.html", "run.json", "weights.safetensors",
      ])
    #expect(
      try RunFolder.entries(of: folder.picturesFolder) == [
        "accuracy.png", "confusion.png", "learning-rate.png", "loss.png", "mistakes.png",
        "speed.png",
      ])
    #expect(try String(contentsOfFile: folder.reportFile, encoding: .utf8).contains("</html>"))
    let lines = try MetricsLog.lines(of: folder)
    #expect(lines.filter { $0.kind == .epoch }.map(\.step) == [5, 10])
    #expect(lines.filter { $0.kind == .steps }.map(\.step) == Array(1...10))
    #expect(outcome.json["run"] == .string(folder.path))
    #expect(outcome.json["epochs"] == 2)
    #expect(outcome.json["accuracy"] == .number(result.accuracy))
  }

  @Test func evaluatesAsItDidAfterTraining() async throws {
    let outcome = try await FashionRecipe.train(options, output: temporary("run"))
    #expect(try FashionRecipe.evaluate(outcome.folder) == outcome.result)
    let few = try FashionRecipe.evaluate(outcome.folder, limit: 10)
    #expect(few.examples == 10)
    let other = TemporaryFolder()
    try SyntheticFashion.write(to: other, test: 17)
    #expect(try FashionRecipe.evaluate(outcome.folder, data: other.path).examples == 17)
  }

  @Test(arguments: [
    (FashionSettings.Augmentation.none, 30, 0.1, Int.max), (.flip, 30, 0.1, .max),
    (.shift, 30, 0.0, 26), (.erase, 30, 0, 26), (.both, 30, 0.1, 26), (.pair, 30, 0, 26),
    (.both, 2, 0, 2), (.both, 10, 0.1, 9),
  ])
  func imagesAreMirroredAloneInTheLastEpochs(
    _ augmentation: FashionSettings.Augmentation, _ epochs: Int, _ sharpness: Double, _ first: Int
  ) throws {
    var options = FashionOptions()
    (options.augmentation, options.epochs, options.sharpness) = (augmentation, epochs, sharpness)
    let schedule = try options.settings().augmentationSchedule
    #expect(schedule.endingEpoch == first)
    let mirrored = augmentation == .none || augmentation == .pair ? Augmentation.none : .flips
    #expect(schedule.ending == mirrored)
    #expect((schedule.augmentation == schedule.ending) == (first == .max))
    #expect(
      (schedule.augmentation.erasing != nil) == [.erase, .both, .pair].contains(augmentation))
  }

  @Test func classifiersHaveARateOfTheirOwn() throws {
    let settings = try options.settings()
    let recipe = FashionRecipe.training(settings)
    let registry = ParameterRegistry()
    let images = FashionRecipe.inputType(settings, batch: settings.rowCount)
    _ = try TrainingStep(
      recipe, batch: [images, TensorType([settings.rowCount], .int32)], registry: registry,
      slots: SlotRegistry())
    let slow = registry.variables.filter { recipe.rateFactor($0) != 1 }
    let auxiliary = [3, 5, 8, 11].map { "auxiliary/conv_pw_\($0)_relu" }
    let names = (["conv_preds"] + auxiliary).flatMap { ["\($0)/kernel", "\($0)/bias"] }
    #expect(slow.map(\.name) == names)
    #expect(slow.allSatisfy { recipe.rateFactor($0) == 0.1 })
  }

  @Test func logsMeansThatAddUpToTheEpochs() async throws {
    let outcome = try await FashionRecipe.train(options, output: temporary("run"))
    let lines = try MetricsLog.lines(of: outcome.folder)
    for (epoch, whole) in lines.filter({ $0.kind == .epoch }).enumerated() {
      let steps = lines.filter {
        $0.kind == .steps && Int(($0.epoch - 0.01).rounded(.down)) == epoch
      }
      let mean = steps.reduce(0) { $0 + $1.loss } / Double(steps.count)
      #expect(abs(mean - whole.loss) < 1e-9 * whole.loss)
    }
  }

  @Test(arguments: [1, 4, 5, 7])
  func goesOnToTheSameBitsAfterAnInterruption(step: Int) async throws {
    let whole = try await FashionRecipe.train(options, output: temporary("whole"))
    let interrupted = try await interruptedRun("interrupted", after: step)
    #expect(interrupted.result == nil)
    #expect(interrupted.record.status == .interrupted)
    #expect(interrupted.record.progress.steps == step)
    #expect(!interrupted.folder.hasWeights)
    let resumed = try await FashionRecipe.resume(interrupted.folder, FashionOptions())
    #expect(resumed.record.status == .finished)
    #expect(try bytes(resumed.folder.weightsFile) == bytes(whole.folder.weightsFile))
    #expect(resumed.result == whole.result)
    #expect(try untimedLines(resumed.folder) == untimedLines(whole.folder))
  }

  @Test func fallsBackToThePreviousCheckpointAndSaysSo() async throws {
    let whole = try await FashionRecipe.train(options, output: temporary("whole"))
    let run = try await interruptedRun("run", after: 7)
    let last = run.folder.checkpointFolder + "/last.safetensors"
    try bytes(last).prefix(1000).write(to: URL(filePath: last))
    let notices = Notices()
    let resumed = try await FashionRecipe.resume(run.folder, FashionOptions()) { event in
      if case .notice(let text) = event { notices.add(text) }
    }
    #expect(notices.all.count == 1)
    #expect(notices.all.first?.contains(last) == true)
    #expect(try bytes(resumed.folder.weightsFile) == bytes(whole.folder.weightsFile))
    #expect(try untimedLines(resumed.folder) == untimedLines(whole.folder))
  }

  @Test func trainsAFinishedRunForMoreEpochs() async throws {
    let run = try await FashionRecipe.train(options, output: temporary("run")).folder
    await #expect(throws: RunError.finished(path: run.path, epochs: 2)) {
      try await FashionRecipe.resume(run, FashionOptions())
    }
    var more = FashionOptions()
    more.epochs = 3
    more.threads = 1
    let outcome = try await FashionRecipe.resume(run, more)
    #expect(outcome.record.progress == .init(epochs: 3, totalEpochs: 3, steps: 15))
    #expect(outcome.record.threads == 1)
  }

  @Test func keepsTheSettingsOfAResumedRun() async throws {
    let run = try await interruptedRun("run", after: 2).folder
    var changes = options
    changes.side = 24
    changes.seed = 4
    changes.epochs = 1
    let error = await #expect(throws: RunError.self) {
      try await FashionRecipe.resume(run, changes)
    }
    #expect(
      error?.description
        == "\(run.path): a resumed run keeps its settings except --epochs (upward), --threads and "
        + "--quiet; cannot change --side from 16 to 24, --seed from 3 to 4, --epochs from 2 to 1")
    // Naming the settings that the run has anyway is no change.
    #expect(try await FashionRecipe.resume(run, options).record.status == .finished)
  }

  @Test func stopsWhereTheLossIsNoNumber() async throws {
    var wild = options
    wild.learningRate = 1e38
    let error = await #expect(throws: TrainingError.self) {
      try await FashionRecipe.train(wild, output: temporary("run"))
    }
    let sentence = error?.description ?? ""
    #expect(sentence.contains("at step"))
    #expect(sentence.contains("learning rate"))
    #expect(sentence.contains("checkpoint"))
    let record = try RunFolder.find(temporary("run")).record()
    #expect(record.status == .failed)
    #expect(record.failure == sentence)
  }

  @Test(arguments: [
    "train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1",
  ])
  func checksAllDataBeforeItMakesAFolder(name: String) async throws {
    let file = data(name + "-ubyte")
    let whole = try bytes(file)
    for damage in [whole.dropLast(), whole + [0], whole.prefix(3), Data()] {
      try damage.write(to: URL(filePath: file))
      let error = await #expect(throws: FormatError.self) {
        try await FashionRecipe.train(options, output: temporary("run"))
      }
      #expect(error?.description.contains(file) == true)
      #expect(!FileManager.default.fileExists(atPath: temporary("run")))
    }
  }

  @Test func leavesNothingWhereItCannotBegin() async throws {
    var tooMany = options
    tooMany.batchSize = 41
    let error = await #expect(throws: RunError.self) {
      try await FashionRecipe.train(tooMany, output: temporary("run"))
    }
    #expect(
      error?.description
        == "--batch-size: expected at most 40, the number of training images, got 41")
    #expect(!FileManager.default.fileExists(atPath: temporary("run")))
  }

  @Test(arguments: [false, true])
  func leavesNothingWhereTheFirstCheckpointCannotBeWritten(isFolderThere: Bool) async throws {
    let output = temporary("deep/er/run")
    if isFolderThere {
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    }
    await #expect(throws: CheckpointError.self) {
      try await FashionRecipe.train(
        options, output: output,
        begun: { folder in
          // A file stands where the folder of checkpoints must be.
          try? Data().write(to: URL(filePath: folder.checkpointFolder))
        })
    }
    for folder in [temporary("deep"), output] {
      #expect(FileManager.default.fileExists(atPath: folder) == isFolderThere)
    }
    if isFolderThere { #expect(try RunFolder.entries(of: output).isEmpty) }
  }

  @Test func refusesRunsItCannotUse() async throws {
    let interrupted = try await interruptedRun("run", after: 2).folder
    #expect(throws: RunError.unfinished(path: interrupted.path, recipe: "fashion")) {
      try FashionRecipe.evaluate(interrupted)
    }
    let run = try await FashionRecipe.train(options, output: temporary("whole")).folder
    var weights = try Safetensors.read(run.weightsFile)
    weights.metadata["checksum"] = nil  // as earlier versions wrote them
    try Safetensors.write(
      weights.tensors, metadata: ["format": "2", "recipe": "fashion"], to: run.weightsFile)
    #expect(throws: RunError.newerFormat(file: run.weightsFile, format: 2)) {
      try FashionRecipe.evaluate(run)
    }
    try Safetensors.write(
      Array(weights.tensors.dropFirst()), metadata: weights.metadata, to: run.weightsFile)
    let error = #expect(throws: RunError.self) { try FashionRecipe.evaluate(run) }
    #expect(error?.description.contains("the weights lack") == true)
    var infinite = weights.tensors
    infinite[0].tensor = Tensor(
      [Float](repeating: -.infinity, count: infinite[0].tensor.count),
      shape: infinite[0].tensor.shape)
    try Safetensors.write(infinite, metadata: weights.metadata, to: run.weightsFile)
    #expect(
      throws: RunError.damaged(
        file: run.weightsFile,
        reason: "expected finite numbers, found others in \(infinite[0].name)")
    ) { try FashionRecipe.evaluate(run) }
  }

  /// Each number is one that weights may have, but they cannot be what was learnt.
  @Test func refusesWeightsThatGiveNoNumbers() async throws {
    var dropping = options
    dropping.dropout = 0.3
    let run = try await FashionRecipe.train(dropping, output: temporary("run")).folder
    var weights = try Safetensors.read(run.weightsFile)
    weights.metadata["checksum"] = nil  // as earlier versions wrote them
    func write(_ number: Float, into names: [String]) throws {
      let tensors = weights.tensors.map { name, tensor in
        guard names.contains(name) else { return (name: name, tensor: tensor) }
        return (
          name: name,
          tensor: Tensor([Float](repeating: number, count: tensor.count), shape: tensor.shape)
        )
      }
      try Safetensors.write(tensors, metadata: weights.metadata, to: run.weightsFile)
    }
    try write(-5, into: ["conv1_bn/moving_variance"])
    #expect(
      throws: RunError.damaged(
        file: run.weightsFile,
        reason: "expected variances from 0, found -5.0 in conv1_bn/moving_variance")
    ) { try FashionRecipe.evaluate(run) }
    try write(3e38, into: ["conv_preds/kernel"])
    let pictures = [data("t10k-images-idx3-ubyte")]
    for use in [
      { _ = try FashionRecipe.evaluate(run) },
      { _ = try FashionRecipe.predict(run, images: pictures, top: 1) },
      { _ = try FashionRecipe.predict(run, images: pictures, passes: 3, top: 1) },
    ] {
      let error = #expect(throws: RunError.self) { try use() }
      #expect(error?.description.contains("its weights give NaN for a picture") == true)
    }
  }

  @Test func predictsPicturesOfBothKinds() async throws {
    let run = try await FashionRecipe.train(options, output: temporary("run")).folder
    let png = temporary("bar.png")
    let bar = Tensor(
      (0..<40 * 60).map { UInt8($0 / 60 > 10 && $0 / 60 < 16 ? 20 : 250) }, shape: [40, 60])
    try PNG.write(bar, to: png)
    let predictions = try FashionRecipe.predict(
      run, images: [png, data("t10k-images-idx3-ubyte")], top: 3)
    #expect(predictions.count == 25)
    #expect(predictions[0].input == png)
    #expect(predictions[1].input == data("t10k-images-idx3-ubyte") + "[0]")
    for prediction in predictions {
      let probabilities = prediction.top.map(\.probability)
      #expect(probabilities.count == 3)
      #expect(probabilities == probabilities.sorted(by: >))
    }
    let all = try FashionRecipe.predict(run, images: [png], top: 99)[0].top
    #expect(all.count == 10)
    #expect(abs(all.reduce(0) { $0 + $1.probability } - 1) < 1e-6)
    #expect(Set(all.map(\.index)) == Set(0..<10))
  }
}

/// Cancels a task that is made after the code that cancels it.
private final class TaskCanceller: @unchecked Sendable {
  private let lock = NSLock()
  private var isCancelled = false
  private var action: (@Sendable () -> Void)?

  func cancel() {
    let action = lock.withLock {
      isCancelled = true
      return self.action
    }
    action?()
  }

  func bind(_ action: @escaping @Sendable () -> Void) {
    let isCancelled = lock.withLock {
      self.action = action
      return self.isCancelled
    }
    if isCancelled { action() }
  }
}

/// The notices of a training.
private final class Notices: @unchecked Sendable {
  private let lock = NSLock()
  private var texts: [String] = []

  func add(_ text: String) { lock.withLock { texts.append(text) } }

  var all: [String] { lock.withLock { texts } }
}
