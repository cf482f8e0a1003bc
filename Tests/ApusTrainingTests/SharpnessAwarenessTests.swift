import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import ApusTraining
import Foundation
import Testing

/// Steps whose gradients are taken at the top of a climb, held to the formula in Double.
struct SharpnessAwarenessTests {
  private let inputs = [[1.0, -2], [0.5, 3], [-1, 0.25], [2, 1]]
  private let targets = [1.0, -1, 0.5, 2]
  private let start = [0.3, -0.7]
  private let bias = 0.2

  /// The gradient of the mean of `(x·w + b − t)²` over the first rows: of the weights, then of the bias.
  private func gradient(at point: [Double], rows: Int) -> [Double] {
    var sums = [0.0, 0, 0]
    for (row, target) in zip(inputs, targets).prefix(rows) {
      let slope = 2 * (row[0] * point[0] + row[1] * point[1] + point[2] - target) / Double(rows)
      for (index, number) in (row + [1]).enumerated() { sums[index] += slope * number }
    }
    return sums
  }

  /// The parameters after one step of plain gradient descent at rate 0.1.
  private func stepped(_ sharpness: SharpnessAwareness?) throws -> [Double] {
    let recipe = TrainingRecipe(
      model: Dense(1), loss: MeanSquaredErrorLoss(), metrics: [], optimizer: SGD(),
      sharpness: sharpness)
    let step = try Self.Step(recipe, batch.map(\.type))
    let (kernel, offset) = (try step.variable("kernel"), try step.variable("bias"))
    step.store[kernel] = Tensor(start.map { Float($0) }, shape: [2, 1])
    step.store[offset] = Tensor([Float(bias)])
    try step.run(batch)
    return step.store[kernel].doubles + step.store[offset].doubles
  }

  @Test(arguments: [(0.05, 1.0, 4), (0.5, 1, 4), (0.5, 0.5, 2), (0.5, 0.3, 2), (0.5, 0.01, 1)])
  func gradientsComeFromTheTopOfTheClimb(_ radius: Double, _ share: Double, _ rows: Int) throws {
    let here = start + [bias]
    let up = gradient(at: here, rows: rows)
    let norm = sqrt(up.reduce(0) { $0 + $1 * $1 })
    let top = zip(here, up).map { $0 + radius * $1 / norm }
    let expected = zip(here, gradient(at: top, rows: 4)).map { $0 - 0.1 * $1 }
    let found = try stepped(SharpnessAwareness(radius: radius, share: share))
    for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-6) }
    #expect(try stepped(nil) != found)
  }

  @Test(arguments: [
    (0.0, 1.0, "the radius must be positive, got 0.0"),
    (-1, 1, "the radius must be positive, got -1.0"),
    (.infinity, 1, "the radius must be positive, got inf"),
    (.nan, 1, "the radius must be positive, got nan"),
    (0.1, 0, "the share must be above 0 and at most 1, got 0.0"),
    (0.1, 1.5, "the share must be above 0 and at most 1, got 1.5"),
    (0.1, .nan, "the share must be above 0 and at most 1, got nan"),
  ])
  func refusesSettingsWithoutMeaning(_ radius: Double, _ share: Double, _ sentence: String) {
    let error = #expect(throws: GraphError.self) {
      try stepped(SharpnessAwareness(radius: radius, share: share))
    }
    #expect(error?.description.contains(sentence) == true)
  }

  /// The penalty compares two halves of a batch: it cannot be had of the one row that the climb takes.
  @Test func climbsWithoutThePenalty() throws {
    let recipe = TrainingRecipe(
      model: Dense(3), loss: SoftmaxCrossEntropyLoss(), regularizer: ConsistencyLoss(),
      optimizer: SGD(), sharpness: SharpnessAwareness(radius: 0.5, share: 0.25))
    let step = try Self.Step(recipe, [TensorType([4, 2]), TensorType([4], .int32)])
    let before = step.values
    try step.run([
      Tensor(inputs.joined().map { Float($0) }, shape: [4, 2]), Tensor([Int32(0), 1, 2, 0]),
    ])
    #expect(step.values != before)
  }

  /// The decay is that of the weights, not of those at the top.
  @Test func theOptimizerStartsFromTheWeights() throws {
    let optimizer = SGD(weightDecay: WeightDecay(0.5))
    let recipe = TrainingRecipe(
      model: Dense(1), loss: MeanSquaredErrorLoss(), metrics: [], optimizer: optimizer,
      sharpness: SharpnessAwareness(radius: 0.5))
    let plain = try stepped(SharpnessAwareness(radius: 0.5))
    let step = try Self.Step(recipe, [TensorType([4, 2]), TensorType([4, 1])])
    let kernel = try step.variable("kernel")
    step.store[kernel] = Tensor(start.map { Float($0) }, shape: [2, 1])
    step.store[try step.variable("bias")] = Tensor([Float(bias)])
    try step.run(batch)
    for (index, found) in step.store[kernel].doubles.enumerated() {
      #expect(abs(found - (plain[index] - 0.1 * 0.5 * start[index])) < 1e-6)
    }
  }

  /// Only what is trained climbs: a frozen part stays, and its weights are not in the norm.
  @Test func frozenPartsDoNotClimb() throws {
    let model = Sequential {
      Frozen(Dense(2).named("first")).named("base")
      Dense(1).named("head")
    }
    let recipe = TrainingRecipe(
      model: model, loss: MeanSquaredErrorLoss(), metrics: [], optimizer: SGD(),
      sharpness: SharpnessAwareness(radius: 0.5))
    let step = try Self.Step(recipe, [TensorType([4, 2]), TensorType([4, 1])])
    #expect(step.trainedCount == 3)
    // A base that changes nothing leaves the head what the whole model is in `stepped`.
    let base = step.registry.variables.filter { $0.name.hasPrefix("base/") }
    for variable in base where variable.type.shape.rank == 2 {
      step.store[variable] = Tensor([Float(1), 0, 0, 1], shape: [2, 2])
    }
    let (kernel, offset) = (try step.variable("head/kernel"), try step.variable("head/bias"))
    step.store[kernel] = Tensor(start.map { Float($0) }, shape: [2, 1])
    step.store[offset] = Tensor([Float(bias)])
    let before = base.map { step.store[$0] }
    try step.run(batch)
    #expect(base.map { step.store[$0] } == before)
    let expected = try stepped(SharpnessAwareness(radius: 0.5))
    for (found, expected) in zip(step.store[kernel].doubles + step.store[offset].doubles, expected)
    {
      #expect(abs(found - expected) < 1e-6)
    }
  }

  /// Running statistics are those of the rows that give the direction, at the weights as they are; masks are
  /// drawn from one key.
  @Test func statisticsAreThoseOfTheWeightsThemselves() throws {
    let model = Sequential {
      Dense(2, usesBias: false).named("first")
      BatchNorm(momentum: 0.75).named("norm")
      Dropout(0.5)
      Dense(1)
    }
    let recipe = TrainingRecipe(
      model: model, loss: MeanSquaredErrorLoss(), metrics: [], optimizer: SGD(),
      sharpness: SharpnessAwareness(radius: 2, share: 0.5))
    let step = try Self.Step(recipe, [TensorType([4, 2]), TensorType([4, 1])])
    #expect(step.usesKey)
    step.store[try step.variable("first/kernel")] = Tensor([Float(2), 0, 0, -1], shape: [2, 2])
    try step.run(batch)
    let mean = step.store[try step.variable("norm/moving_mean")].doubles
    let variance = step.store[try step.variable("norm/moving_variance")].doubles
    for (column, scale) in [2.0, -1].enumerated() {
      let (first, second) = (scale * inputs[0][column], scale * inputs[1][column])
      #expect(abs(mean[column] - 0.25 * (first + second) / 2) < 1e-6)
      let spread = (first - second) * (first - second) / 4
      #expect(abs(variance[column] - (0.75 + 0.25 * spread)) < 1e-5)
    }
  }

  private var batch: [Tensor] {
    [
      Tensor(inputs.joined().map { Float($0) }, shape: [4, 2]),
      Tensor(targets.map { Float($0) }, shape: [4, 1]),
    ]
  }

  /// A recipe's step with everything it works on, at rate 0.1.
  private struct Step {
    let registry = ParameterRegistry()
    let store = VariableStore()
    let usesKey: Bool
    let trainedCount: Int
    private let program: Program

    init(_ recipe: TrainingRecipe, _ batch: [TensorType]) throws {
      let slots = SlotRegistry()
      let step = try TrainingStep(recipe, batch: batch, registry: registry, slots: slots)
      for (variable, value) in registry.initialValues(seed: 3) { store[variable] = value }
      for variable in slots.variables { store[variable] = Tensor(zeros: variable.type) }
      (usesKey, trainedCount) = (step.usesKey, step.trainedCount)
      program = try Program(step.computation, store: store, options: EngineOptions(threads: 1))
    }

    var values: [[Double]] { registry.variables.map { store[$0].doubles } }

    func variable(_ name: String) throws -> Variable {
      try #require(registry.variable(named: name))
    }

    func run(_ batch: [Tensor]) throws {
      let key = usesKey ? [Tensor([Int64(7), 1])] : []
      try program.run(batch + [Tensor(Float(0.1)), Tensor(Float(1))] + key)
    }
  }
}
