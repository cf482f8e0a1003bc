import ApusDatasets
import ApusEngine
import ApusFormats
import ApusModels
import ApusTensors
import ApusTraining

extension GANRecipe {
  /// Which pictures a finished run is to make.
  public struct SampleRequest: Sendable, Hashable {
    /// Pictures, or with ``interpolates`` rows of pictures.
    public var count = 36
    /// Gives the noise: one seed gives one picture for each number.
    public var seed: UInt64 = 0
    /// The class by name or number; nil for all in turn.
    public var label: String?
    /// Whether each row of pictures leads from the picture of one noise to that of the next.
    public var interpolates = false

    public init() {}
  }

  /// The pictures in a row that leads from one noise to another.
  static let interpolationSteps = 10

  /// The pictures that a finished run makes, `uint8 [count, 28, 28, 1]`.
  ///
  /// - Throws: ``RunError`` where the run is not finished, or knows no classes and is asked for one.
  public static func samples(
    _ folder: RunFolder, _ request: SampleRequest, threads: Int? = nil
  ) throws -> Tensor {
    let settings = try settings(of: folder, threads: threads)
    let label = try request.label.map { try number(ofClass: $0, settings) }
    let inputs: Tensor
    if request.interpolates {
      inputs = interpolated(
        self.inputs(
          settings, count: request.count + 1, seed: request.seed, label: { label ?? $0 % 10 }))
    } else {
      inputs = self.inputs(
        settings, count: request.count, seed: request.seed, label: { label ?? $0 % 10 })
    }
    return try pictures(from: inputs, folder, settings)
  }

  /// The grid of pictures in rows, `uint8 [height, width, 1]`.
  public static func grid(of pictures: Tensor, _ request: SampleRequest) -> Tensor {
    let count = pictures.shape[0]
    let columns =
      request.interpolates
      ? interpolationSteps : max(1, Int(Double(count).squareRoot().rounded(.up)))
    return ImageMosaic(scale: count <= 400 ? 3 : 1, columns: columns).picture(of: pictures)
  }

  static func settings(of folder: RunFolder, threads: Int?) throws -> GANSettings {
    var settings = try GANSettings(in: folder.record(of: name), of: folder)
    settings.threads = threads ?? min(settings.threads, Machine.coreCount)
    try settings.check()
    return settings
  }

  /// What the generator of a finished run makes of inputs, in batches.
  static func pictures(
    from inputs: Tensor, _ folder: RunFolder, _ settings: GANSettings
  ) throws -> Tensor {
    let prefix = AdversarialRecipe.generatorScope + "/"
    let weights = try folder.weights(of: name).filter { $0.key.hasPrefix(prefix) }
    let evaluator: Evaluator
    do {
      evaluator = try Evaluator(
        model: adversarial(settings).namedGenerator,
        input: TensorType([1, inputs.shape[1]]), weights: weights,
        options: EngineOptions(threads: settings.threads))
    } catch let error as WeightsError {
      throw RunError.damaged(file: folder.weightsFile, reason: "\(error)")
    }
    let (count, size) = (inputs.shape[0], inputs.shape[1])
    var pixels: [UInt8] = []
    try inputs.withElements(as: Float.self) { numbers in
      for start in stride(from: 0, to: count, by: 500) {
        let rows = start..<min(start + 500, count)
        let batch = Array(numbers[rows.lowerBound * size..<rows.upperBound * size])
        let values = try evaluator.predict(Tensor(batch, shape: [rows.count, size]))
        try folder.checkFinite(values)
        pixels += pictures(of: values).scalars(as: UInt8.self)
      }
    }
    return Tensor(pixels, shape: [count, side, side, 1])
  }

  /// Rows that lead from each input to the next in equal steps, both ends included.
  private static func interpolated(_ inputs: Tensor) -> Tensor {
    let (count, size) = (inputs.shape[0], inputs.shape[1])
    var numbers: [Float] = []
    inputs.withElements(as: Float.self) { ends in
      for row in 0..<count - 1 {
        for step in 0..<interpolationSteps {
          let share = Float(step) / Float(interpolationSteps - 1)
          for place in 0..<size {
            let (from, to) = (ends[row * size + place], ends[(row + 1) * size + place])
            numbers.append(from + share * (to - from))
          }
        }
      }
    }
    return Tensor(numbers, shape: [(count - 1) * interpolationSteps, size])
  }

  private static func number(
    ofClass text: String, _ settings: GANSettings
  ) throws(RunError) -> Int {
    guard settings.isConditional else {
      throw .setting("--class: the run knows no classes; train one with --conditional")
    }
    if let number = Int(text), classes.indices.contains(number) { return number }
    if let place = classes.firstIndex(where: { $0.lowercased() == text.lowercased() }) {
      return place
    }
    throw .setting(
      "--class: expected 0 to \(classes.count - 1) or one of "
        + classes.joined(separator: ", ") + ", got \(text)")
  }
}
