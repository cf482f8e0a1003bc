import ApusApplications
import ApusFormats
import ApusTensors
import ApusTraining
import Foundation
import Testing

/// Short runs of every kind of GAN on a small data set.
@Suite struct GANRecipeTests {
  let temporary = TemporaryFolder()
  let data = TemporaryFolder()

  init() throws { try SyntheticFashion.write(to: data) }

  private func options(_ preset: GANPreset = .dense) -> GANOptions {
    var options = GANOptions()
    options.data = data.path
    options.preset = preset
    options.steps = 2
    options.batchSize = 4
    options.criticSteps = 2
    options.sampleInterval = 1
    options.checkpointInterval = 1
    options.threads = 1
    return options
  }

  private func weights(_ folder: RunFolder) throws -> [String: Tensor] {
    let tensors = try Safetensors.read(folder.weightsFile).tensors
    return Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.tensor) })
  }

  /// Trains and checks that both networks learnt something finite.
  private func expectTrains(_ options: GANOptions) async throws {
    let outcome = try await GANRecipe.train(options, output: temporary("run"))
    #expect(outcome.isFinished)
    let after = try weights(outcome.folder)
    var still = options
    still.steps = 1
    still.learningRate = 1e-30
    let before = try weights(
      try await GANRecipe.train(still, output: temporary("still")).folder)
    #expect(Set(before.keys) == Set(after.keys))
    for network in ["generator", "critic"] {
      let kernels = after.filter { $0.key.hasPrefix(network) && $0.key.hasSuffix("kernel") }
      #expect(!kernels.isEmpty)
      for (name, kernel) in kernels {
        #expect(kernel.scalars(as: Float.self).allSatisfy { $0.isFinite }, "\(name)")
        #expect(kernel != before[name], "\(name) has learnt nothing")
      }
    }
    let samples = try GANRecipe.samples(outcome.folder, GANRecipe.SampleRequest(), threads: 1)
    #expect(samples.shape == [36, 28, 28, 1])
  }

  @Test(arguments: GANLoss.allCases)
  func densePresetTrainsWithEveryLoss(loss: GANLoss) async throws {
    var options = options()
    options.loss = loss
    try await expectTrains(options)
  }

  @Test(arguments: [GANPreset.dcgan, .wganGPConv], [nil, GANLoss.wganLP, .hinge])
  func convolutionalPresetsTrain(preset: GANPreset, loss: GANLoss?) async throws {
    var options = options(preset)
    options.loss = loss
    try await expectTrains(options)
  }

  @Test(arguments: GANPreset.allCases)
  func trainsWithClassesSpectralNormAndAverages(preset: GANPreset) async throws {
    var options = options(preset)
    options.isConditional = true
    options.normalizesSpectra = true
    options.averagingDecay = 0.5
    try await expectTrains(options)
  }

  @Test func writesGridsTheirAnimationAndThePage() async throws {
    let folder = try await GANRecipe.train(options(), output: temporary("run")).folder
    let names = try RunFolder.entries(of: folder.picturesFolder)
    #expect(
      names == [
        "distance.png", "gradient-norm.png", "growth.png", "penalty.png", "samples-00000000.png",
        "samples-00000001.png", "samples-00000002.png", "speed.png", "training.gif",
      ])
    let grid = try PNG.read(folder.picturesFolder + "/samples-00000002.png")
    #expect(grid.shape == [6 * 90 + 6, 6 * 90 + 6, 1])
    let page = try String(contentsOfFile: folder.reportFile, encoding: .utf8)
    #expect(page.contains("data:image/gif;base64,"))
    #expect(page.contains("wgan-one-sided"))
  }

  @Test func aLongerRunPassesThroughTheSameWeights() async throws {
    var longer = options(.dcgan)
    longer.loss = .wganGP
    longer.averagingDecay = 0.9
    longer.steps = 4
    let whole = try await GANRecipe.train(longer, output: temporary("whole")).folder
    var shorter = longer
    shorter.steps = 2
    let part = try await GANRecipe.train(shorter, output: temporary("part")).folder
    var more = GANOptions()
    more.steps = 4
    let outcome = try await GANRecipe.resume(part, more)
    #expect(outcome.record.progress.steps == 4)
    #expect(
      try Data(contentsOf: URL(filePath: part.weightsFile))
        == Data(contentsOf: URL(filePath: whole.weightsFile)))
  }

  @Test func aResumedRunKeepsItsSettings() async throws {
    let folder = try await GANRecipe.train(options(), output: temporary("run")).folder
    var changed = GANOptions()
    changed.loss = .hinge
    changed.steps = 1
    let error = await #expect(throws: RunError.self) {
      try await GANRecipe.resume(folder, changed)
    }
    #expect(
      error?.description.hasSuffix(
        "cannot change --loss from wgan-one-sided to hinge, --steps from 2 to 1") == true)
    await #expect(throws: RunError.finishedSteps(path: folder.path, steps: 2)) {
      try await GANRecipe.resume(folder, GANOptions())
    }
  }

  @Test(arguments: [false, true])
  func aFinishedRunKeepsItsResultsUntilItsWeightsGo(isEndFaulty: Bool) async throws {
    let folder = try await GANRecipe.train(options(), output: temporary("run")).folder
    let (results, weights) = (try folder.record().results, try weights(folder))
    #expect(results != nil)
    var more = GANOptions()
    more.steps = 4
    if isEndFaulty {
      try FileManager.default.removeItem(atPath: folder.reportFile)
      try FileManager.default.createDirectory(
        atPath: folder.reportFile + "/full", withIntermediateDirectories: true)
      let fault = await #expect(throws: FormatError.self) {
        try await GANRecipe.resume(folder, more)
      }
      #expect(fault?.file == folder.reportFile)
    } else {
      let cancel: @Sendable (RunFolder) -> Void = { _ in withUnsafeCurrentTask { $0?.cancel() } }
      _ = try await Task { [more] in
        try await GANRecipe.resume(folder, more, begun: cancel)
      }.value
    }
    #expect(try folder.record().status == (isEndFaulty ? .failed : .interrupted))
    #expect(try folder.record().results == (isEndFaulty ? nil : results))
    #expect(try (self.weights(folder) == weights) == !isEndFaulty)
  }

  @Test func stopsWhereNumbersAreNotFinite() async throws {
    var wild = options()
    wild.learningRate = 1e30
    wild.steps = 50
    let error = await #expect(throws: TrainingError.self) {
      try await GANRecipe.train(wild, output: temporary("run"))
    }
    #expect(error?.description.contains("the last good checkpoint is") == true)
  }

  /// Each weight is a number, but what they give together is none.
  @Test func refusesWeightsThatGiveNoPictures() async throws {
    let folder = try await GANRecipe.train(options(), output: temporary("run")).folder
    var contents = try Safetensors.read(folder.weightsFile)
    contents.metadata["checksum"] = nil  // as earlier versions wrote them
    let tensors = contents.tensors.map { entry in
      (
        name: entry.name,
        tensor: Tensor(
          (0..<entry.tensor.count).map { ($0 / 3).isMultiple(of: 2) ? Float(3e38) : -3e38 },
          shape: entry.tensor.shape)
      )
    }
    try Safetensors.write(tensors, metadata: contents.metadata, to: folder.weightsFile)
    #expect(
      throws: RunError.damaged(
        file: folder.weightsFile, reason: "its weights give what is no number")
    ) { try GANRecipe.samples(folder, GANRecipe.SampleRequest(), threads: 1) }
  }

  /// The data are the same and the seed, but the checkpoint is beyond the run's end.
  @Test func refusesACheckpointAfterItsEnd() async throws {
    let run = try await GANRecipe.train(options(), output: temporary("run")).folder
    var longer = options()
    longer.steps = 9
    let other = try await GANRecipe.train(longer, output: temporary("other")).folder
    let before = try run.interrupted(withCheckpointOf: other)
    let error = await #expect(throws: (any Error).self) {
      try await GANRecipe.resume(run, GANOptions())
    }
    #expect(error.map { "\($0)".contains("the checkpoint has done 9 steps of") } == true)
    #expect(run.written == before)
  }

  @Test func picturesOfARunDependOnSeedAndNumberAlone() async throws {
    let folder = try await GANRecipe.train(options(), output: temporary("run")).folder
    var request = GANRecipe.SampleRequest()
    request.count = 3
    request.seed = 5
    let few = try GANRecipe.samples(folder, request, threads: 1)
    request.count = 700
    let many = try GANRecipe.samples(folder, request, threads: 2)
    #expect(Array(many.scalars(as: UInt8.self).prefix(few.count)) == few.scalars(as: UInt8.self))
    request.interpolates = true
    request.count = 2
    let rows = try GANRecipe.samples(folder, request, threads: 1)
    #expect(rows.shape == [20, 28, 28, 1])
    #expect(rows[0].scalars(as: UInt8.self) == few[0].scalars(as: UInt8.self))
    #expect(rows[9].scalars(as: UInt8.self) == few[1].scalars(as: UInt8.self))
    #expect(rows[10].scalars(as: UInt8.self) == few[1].scalars(as: UInt8.self))
  }

  @Test func aClassIsOneOfARunThatKnowsClasses() async throws {
    let plain = try await GANRecipe.train(options(), output: temporary("plain")).folder
    var request = GANRecipe.SampleRequest()
    request.label = "Bag"
    let error = #expect(throws: RunError.self) { try GANRecipe.samples(plain, request) }
    #expect(
      error?.description
        == "--class: the run knows no classes; train one with --conditional")
    var conditional = options()
    conditional.isConditional = true
    let folder = try await GANRecipe.train(conditional, output: temporary("run")).folder
    let bags = try GANRecipe.samples(folder, request, threads: 1).scalars(as: UInt8.self)
    request.label = "8"
    #expect(try GANRecipe.samples(folder, request, threads: 1).scalars(as: UInt8.self) == bags)
    request.label = "hat"
    #expect(throws: RunError.self) { try GANRecipe.samples(folder, request, threads: 1) }
  }
}
