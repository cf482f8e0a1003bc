import ApusTensors

/// How far a run is, and what it has summed up since its epoch began.
struct TrainingPosition {
  /// Steps done.
  var step = 0
  /// Epochs done.
  var epoch = 0
  /// Steps done in the epoch after those.
  var stepInEpoch = 0
  var means: RunningMeans
  var early = EarlyStopping.State()
  /// The learning rate of the last step.
  var learningRate = 0.0

  init(metricNames: [String]) { means = RunningMeans(names: metricNames) }

  init(_ checkpoint: Checkpoint) {
    step = checkpoint.step
    epoch = checkpoint.epoch
    stepInEpoch = checkpoint.stepInEpoch
    means = checkpoint.means
    early = checkpoint.earlyStopping
  }
}

/// The inputs of a step that are no data, in tensors that are written over and over.
struct StepScalars {
  private var learningRate = Tensor(Float(0))
  private var step = Tensor(Float(0))
  private var key = Tensor([Int64(0), 0])

  /// - Parameters:
  ///   - step: steps done before this one.
  ///   - draw: tells the random numbers of one step from those of another; the steps done where nil.
  mutating func set(
    learningRate rate: Double, step number: Int, seed: UInt64, draw: Int? = nil
  ) {
    learningRate.withMutableElements(as: Float.self) { $0[0] = Float(rate) }
    step.withMutableElements(as: Float.self) { $0[0] = Float(number + 1) }
    key.withMutableElements(as: Int64.self) {
      $0[0] = Int64(bitPattern: seed)
      $0[1] = Int64(draw ?? number)
    }
  }

  func tensors(withKey: Bool) -> [Tensor] {
    withKey ? [learningRate, step, key] : [learningRate, step]
  }
}

/// Seconds and examples since this part of a run began.
struct Stopwatch {
  let clock: ContinuousClock
  let start: ContinuousClock.Instant
  var examples = 0

  init(clock: ContinuousClock, start: ContinuousClock.Instant) {
    self.clock = clock
    self.start = start
  }

  var seconds: Double { (clock.now - start) / .seconds(1) }
}

extension Tensor {
  /// Whether no element is infinite or not a number.
  package var isFinite: Bool {
    switch dataType {
    case .float32: withElements(as: Float.self) { $0.allSatisfy(\.isFinite) }
    case .float64: withElements(as: Double.self) { $0.allSatisfy(\.isFinite) }
    case .bfloat16: withElements(as: BFloat16.self) { $0.allSatisfy(\.float.isFinite) }
    case .int32, .int64, .uint8, .bool: true
    }
  }
}
