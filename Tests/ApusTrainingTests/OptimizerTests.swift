import ApusEngine
import ApusGraph
import ApusTensors
import ApusTraining
import Testing

/// Ten steps on the quadratic of `Tests/Golden/training.py`.
@Suite struct OptimizerTests {
  let start = [1.0, -2, 3, 0.5]

  /// The parameter after each step, and its average where one is kept.
  private func run(
    _ optimizer: any Optimizer, learningRate: Double, rateFactor: Double = 1,
    clipping: GradientClipping? = nil,
    averaging: WeightAveraging? = nil, options: EngineOptions = EngineOptions(threads: 1)
  ) throws -> (values: [[Double]], averages: [[Double]]) {
    let weights = Variable("w", TensorType([2, 2]), isTrainable: true)
    let (store, slots) = (VariableStore(), SlotRegistry())
    let value = try Node.value(of: weights)
    let rate = try Node.placeholder("learning rate", TensorType([]))
    let step = try Node.placeholder("update number", TensorType([]))
    let curvature = Tensor([Float(1), 10, 0.1, 3], shape: [2, 2])
    let target = Tensor([Float(0), 1, -1, 0.25], shape: [2, 2])
    let deviation = try value - Node.constant(target)
    let loss = try (deviation.squared() * Node.constant(curvature)).sum() / 2
    var found = try gradients(of: loss, with: [value])
    if let clipping { found = try clipping(found) }
    let parameter = TrainedParameter(
      variable: weights, value: value, gradient: found[0], rateFactor: rateFactor)
    var updates = try optimizer.updates(
      of: [parameter], learningRate: rate, step: step, slots: slots)
    if let averaging {
      updates += try averaging.updates(after: updates, of: [weights], step: step, slots: slots)
    }
    store[weights] = Tensor(start.map { Float($0) }, shape: [2, 2])
    let average = averaging == nil ? nil : slots.variables.last
    if let average { store[average] = store[weights] }
    let program = try Program(
      Computation(inputs: [rate, step], outputs: [loss], updates: updates), store: store,
      options: options)
    var (values, averages): ([[Double]], [[Double]]) = ([], [])
    for number in 1...10 {
      try program.run([Tensor(Float(learningRate)), Tensor(Float(number))])
      values.append(store[weights].doubles)
      if let average { averages.append(store[average].doubles) }
    }
    return (values, averages)
  }

  private func compare(_ found: [[Double]], _ name: String) throws {
    let expected = try #require(golden("training.safetensors")["optimizer/\(name)"])
    #expect(expected.shape == [10, 4])
    for (index, (value, number)) in zip(found.joined(), expected.doubles).enumerated() {
      #expect(abs(value - number) < 1e-5 * max(1, abs(number)), "\(name), step \(index / 4 + 1)")
    }
  }

  @Test(
    arguments: [
      ("sgd", SGD(), 0.05), ("momentum", SGD(momentum: 0.9), 0.05),
      ("nesterov", SGD(momentum: 0.9, isNesterov: true), 0.05), ("adam", Adam(epsilon: 1e-12), 0.1),
      ("adamw", AdamW(weightDecay: WeightDecay(0.1), epsilon: 1e-12), 0.1),
      ("adam_keras", Adam(epsilon: 0.3), 0.1),
    ] as [(String, any Optimizer, Double)])
  func stepsAreTheReferences(
    _ name: String, _ optimizer: any Optimizer, _ learningRate: Double
  ) throws {
    try compare(try run(optimizer, learningRate: learningRate).values, name)
    let reference = try run(optimizer, learningRate: learningRate, options: .reference)
    try compare(reference.values, name)
  }

  /// A parameter's own rate is that of its decay, too.
  @Test(
    arguments: [
      SGD(momentum: 0.9, isNesterov: true, weightDecay: WeightDecay(0.3)),
      AdamW(weightDecay: WeightDecay(0.3)),
    ] as [any Optimizer])
  func halfOfTwiceTheRateIsTheRate(_ optimizer: any Optimizer) throws {
    let whole = try run(optimizer, learningRate: 0.05).values
    let half = try run(optimizer, learningRate: 0.1, rateFactor: 0.5).values
    for (half, whole) in zip(half.joined(), whole.joined()) { #expect(abs(half - whole) < 1e-6) }
    #expect(try run(optimizer, learningRate: 0.1).values != whole)
  }

  @Test func clipping() throws {
    let norm = try run(SGD(), learningRate: 0.05, clipping: .globalNorm(2))
    try compare(norm.values, "clipped_norm")
    let value = try run(SGD(), learningRate: 0.05, clipping: .value(2))
    try compare(value.values, "clipped_value")
    for bound in [0, .infinity] {
      #expect(throws: GraphError.self) {
        try run(SGD(), learningRate: 0.05, clipping: .globalNorm(bound))
      }
    }
  }

  @Test func averaging() throws {
    let found = try run(SGD(), learningRate: 0.05, averaging: WeightAveraging(decay: 0.7))
    try compare(found.values, "sgd")
    try compare(found.averages, "average")
    #expect(throws: GraphError.self) {
      try run(SGD(), learningRate: 0.05, averaging: WeightAveraging(decay: 1))
    }
  }

  @Test func decayLeavesVectorsAlone() throws {
    let decay = WeightDecay(0.1)
    #expect(decay.includes(Variable("kernel", TensorType([2, 2]), isTrainable: true)))
    #expect(!decay.includes(Variable("bias", TensorType([2]), isTrainable: true)))
    #expect(!decay.includes(Variable("scalar", TensorType([]), isTrainable: true)))
  }

  @Test func slotsAreNamedAndShared() {
    let slots = SlotRegistry()
    let weights = Variable("fc/kernel", TensorType([2, 2]), isTrainable: true)
    let first = slots.slot("m", of: weights)
    #expect(first.name == "optimizer/m/fc/kernel")
    #expect(slots.slot("m", of: weights) == first)
    #expect(slots.variables == [first])
  }
}
