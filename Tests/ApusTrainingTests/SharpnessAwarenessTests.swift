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
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let step = try TrainingStep(
      recipe, batch: [TensorType([4, 2]), TensorType([4, 1])], registry: registry,
      slots: SlotRegistry())
    let kernel = try #require(registry.variable(named: "kernel"))
    let offset = try #require(registry.variable(named: "bias"))
    store[kernel] = Tensor(start.map { Float($0) }, shape: [2, 1])
    store[offset] = Tensor([Float(bias)])
    let program = try Program(step.computation, store: store, options: EngineOptions(threads: 1))
    try program.run([
      Tensor(inputs.joined().map { Float($0) }, shape: [4, 2]),
      Tensor(targets.map { Float($0) }, shape: [4, 1]), Tensor(Float(0.1)), Tensor(Float(1)),
    ])
    return store[kernel].doubles + store[offset].doubles
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

  @Test(arguments: [(0.0, 1.0), (-1, 1), (.infinity, 1), (.nan, 1), (0.1, 0), (0.1, 1.5)])
  func refusesSettingsWithoutMeaning(_ radius: Double, _ share: Double) {
    #expect(throws: GraphError.self) {
      try stepped(SharpnessAwareness(radius: radius, share: share))
    }
  }

  /// Running statistics are those of the rows that give the direction, at the weights as they are; masks are
  /// drawn from one key.
  @Test func statisticsAreThoseOfTheWeightsThemselves() throws {
    let model = Sequential {
      BatchNorm(momentum: 0.75).named("norm")
      Dropout(0.5)
      Dense(1)
    }
    let recipe = TrainingRecipe(
      model: model, loss: MeanSquaredErrorLoss(), metrics: [], optimizer: SGD(),
      sharpness: SharpnessAwareness(radius: 2, share: 0.5))
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let step = try TrainingStep(
      recipe, batch: [TensorType([4, 2]), TensorType([4, 1])], registry: registry,
      slots: SlotRegistry())
    #expect(step.usesKey)
    for (variable, value) in registry.initialValues(seed: 3) { store[variable] = value }
    let program = try Program(step.computation, store: store, options: EngineOptions(threads: 1))
    try program.run([
      Tensor(inputs.joined().map { Float($0) }, shape: [4, 2]),
      Tensor(targets.map { Float($0) }, shape: [4, 1]), Tensor(Float(0.1)), Tensor(Float(1)),
      Tensor([Int64(7), 1]),
    ])
    let mean = try #require(registry.variable(named: "norm/moving_mean"))
    let expected = [0, 1].map { 0.25 * (inputs[0][$0] + inputs[1][$0]) / 2 }
    for (found, expected) in zip(store[mean].doubles, expected) {
      #expect(abs(found - expected) < 1e-6)
    }
  }
}
