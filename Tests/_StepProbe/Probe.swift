import ApusApplications
import ApusEngine
import ApusKernels
import ApusLayers
import ApusNumerics
import ApusTensors
import ApusTraining
import CStepProbe
import Glibc

/// Runs training steps of the recipe `fashion` and says what the processor or the allocator did.
///
/// - `StepProbe allocations NAME`: what each of four steps after the first allocates with two threads and the
///   settings of that name.
/// - `StepProbe instructions`: one small step on one thread inside `probe_measured`, for
///   `valgrind --tool=callgrind`.
///
/// Prints one JSON object.
@main struct Probe {
  static func main() throws {
    switch CommandLine.arguments.dropFirst() {
    case ["allocations", "default"]: try printAllocations(FashionSettings())
    case ["allocations", "plain"]: try printAllocations(plain)
    case ["instructions"]: try runMeasuredStep()
    default:
      print("usage: StepProbe allocations default|plain, or StepProbe instructions")
      exit(64)
    }
  }

  /// Steps of one image a row, without a climb.
  private static var plain: FashionSettings {
    var settings = FashionSettings()
    settings.augmentation = .erase
    settings.sharpness = 0
    return settings
  }

  private static func printAllocations(_ settings: FashionSettings) throws {
    var settings = settings
    settings.threads = 2
    let step = try FashionStep(settings)
    try step.run()
    var (own, oneDNN): ([Int], [Int]) = ([], [])
    for _ in 0..<4 {
      probe_start_counting()
      try step.run()
      let found = probe_stop_counting()
      own.append(found.by_others)
      oneDNN.append(found.by_onednn)
    }
    print("{\"own\": \(own), \"oneDNN\": \(oneDNN), \"oneDNNVersion\": \"\(oneDNNVersion)\"}")
  }

  private static func runMeasuredStep() throws {
    var settings = plain
    (settings.width, settings.side, settings.batchSize, settings.threads) = (0.25, 32, 8, 1)
    let step = try FashionStep(settings)
    try step.run()
    let context = Unmanaged.passUnretained(step).toOpaque()
    probe_measured(
      { context in
        guard let context else { return }
        try? Unmanaged<FashionStep>.fromOpaque(context).takeUnretainedValue().run()
      }, context)
    guard step.runs == 2 else { exit(1) }
    print(
      "{\"instructionSet\": \"\(Machine.instructionSet)\", \"oneDNNVersion\": \"\(oneDNNVersion)\"}"
    )
  }
}

/// A training step of the recipe `fashion` on random images.
private final class FashionStep {
  private let program: Program
  private let batch: [Tensor]
  /// The steps that ended well.
  private(set) var runs = 0

  init(_ settings: FashionSettings) throws {
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let images = FashionRecipe.inputType(settings, batch: settings.rowCount)
    let labels = TensorType([settings.rowCount], .int32)
    let step = try TrainingStep(
      FashionRecipe.training(settings), batch: [images, labels], registry: registry,
      slots: SlotRegistry())
    program = try Program(
      step.computation, store: store, options: EngineOptions(threads: settings.threads))
    for (variable, value) in registry.initialValues(seed: 0) { store[variable] = value }
    var stream = PhiloxStream(seed: 0, purpose: 0, epoch: 0, index: 0)
    let pixels = (0..<images.count).map { _ in Float.random(in: -1...1, using: &stream) }
    let classes = (0..<labels.count).map { Int32($0 % 10) }
    batch =
      [
        Tensor(pixels, shape: images.shape), Tensor(classes), Tensor(Float(1e-3)), Tensor(Float(1)),
      ] + (step.usesKey ? [Tensor([Int64(0), 1])] : [])
  }

  func run() throws {
    try program.run(batch)
    runs += 1
  }
}
