import ApusEngine
import ApusKernels
import ApusLayers
import ApusModels
import ApusNumerics
import ApusTensors
import ApusTraining
import CStepProbe
import Glibc

/// Runs training steps of the recipe `fashion` and says what the processor or the allocator did.
///
/// - `StepProbe allocations`: what each of four steps after the first allocates, at the recipe's own
///   size with two threads.
/// - `StepProbe instructions`: one small step on one thread inside `probe_measured`, for
///   `valgrind --tool=callgrind`.
///
/// Prints one JSON object.
@main struct Probe {
  static func main() throws {
    switch CommandLine.arguments.dropFirst().first {
    case "allocations": try printAllocations()
    case "instructions": try runMeasuredStep()
    default:
      print("usage: StepProbe allocations|instructions")
      exit(64)
    }
  }

  private static func printAllocations() throws {
    let step = try FashionStep(alpha: 1, side: 56, batchSize: 128, threads: 2)
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
    let step = try FashionStep(alpha: 0.25, side: 32, batchSize: 8, threads: 1)
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

  init(alpha: Double, side: Int, batchSize: Int, threads: Int) throws {
    let recipe = TrainingRecipe(
      model: MobileNet(alpha: alpha, classes: 10),
      loss: SoftmaxCrossEntropyLoss(labelSmoothing: 0.1),
      optimizer: SGD(momentum: 0.9, isNesterov: true, weightDecay: WeightDecay(1e-3)),
      averaging: WeightAveraging(decay: 0.999))
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let images = TensorType([batchSize, side, side, 3])
    let step = try TrainingStep(
      recipe, batch: [images, TensorType([batchSize], .int32)], registry: registry,
      slots: SlotRegistry())
    program = try Program(
      step.computation, store: store, options: EngineOptions(threads: threads))
    for (variable, value) in registry.initialValues(seed: 0) { store[variable] = value }
    var stream = PhiloxStream(seed: 0, purpose: 0, epoch: 0, index: 0)
    let pixels = (0..<images.count).map { _ in Float.random(in: -1...1, using: &stream) }
    let labels = (0..<batchSize).map { Int32($0 % 10) }
    batch =
      [
        Tensor(pixels, shape: images.shape), Tensor(labels), Tensor(Float(1e-3)), Tensor(Float(1)),
      ] + (step.usesKey ? [Tensor([Int64(0), 1])] : [])
  }

  func run() throws {
    try program.run(batch)
    runs += 1
  }
}
