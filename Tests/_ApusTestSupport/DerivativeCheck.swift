import ApusEngine
import ApusGraph
import ApusNumerics
import ApusTensors

/// Derivatives taken by the graph beside central differences, in `Double`.
package struct DerivativeCheck {
  private let inputs: [Node]
  private let numbers: [[Double]]
  private let realInputs: [Int]
  private var random: PhiloxStream

  /// A check of functions of `inputs` around `numbers`.
  package init(inputs: [Node], at numbers: [[Double]], seed: UInt64) {
    self.inputs = inputs
    self.numbers = numbers
    realInputs = inputs.indices.filter { inputs[$0].dataType.isFloatingPoint }
    random = PhiloxStream(seed: seed, purpose: 0)
  }

  /// The relative error of each order of derivative of a scalar, the first order first.
  ///
  /// The derivative along one random direction of all real inputs is compared with the difference
  /// of two runs; the next order is that of the derivative's product with random numbers. The error
  /// is relative to what a random direction gives on average.
  package mutating func errors(of total: Node, upTo order: Int) throws -> [Double] {
    var functions = [total]
    var slopes: [[Node]] = []
    let reals = realInputs.map { inputs[$0] }
    for _ in 0..<order {
      slopes.append(try gradients(of: functions[functions.count - 1], with: reals))
      functions.append(try weightedSum(slopes[slopes.count - 1]))
    }
    let direction = numbers.indices.map { index in
      realInputs.contains(index) ? randomNumbers(numbers[index].count) : []
    }
    let program = try Program(
      Computation(inputs: inputs, outputs: functions.dropLast() + slopes.flatMap { $0 }),
      options: .reference)
    let step = 1e-5
    let forward = try values(of: program, moved: step, along: direction)
    let backward = try values(of: program, moved: -step, along: direction)
    let centre = try values(of: program, moved: 0, along: direction)
    return (0..<order).map { level in
      let difference = (forward[level][0] - backward[level][0]) / (2 * step)
      let first = order + level * reals.count
      let slope = centre[first..<first + reals.count].flatMap { $0 }
      return error(of: slope, along: realInputs.flatMap { direction[$0] }, against: difference)
    }
  }

  private func error(
    of slope: [Double], along direction: [Double], against difference: Double
  ) -> Double {
    let product = zip(slope, direction).reduce(0) { $0 + $1.0 * $1.1 }
    let size = slope.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let scale = max(abs(difference), size / 2)
    let error = abs(product - difference)
    return error.isNaN ? .infinity : (error < 1e-9 ? 0 : error / scale)
  }

  private func values(
    of program: Program, moved step: Double, along direction: [[Double]]
  ) throws -> [[Double]] {
    let tensors = inputs.indices.map { index in
      guard realInputs.contains(index) else {
        return Tensor(numbers[index].map { Int64($0) }, shape: inputs[index].shape)
      }
      let moved = zip(numbers[index], direction[index]).map { $0 + step * $1 }
      return Tensor(moved, shape: inputs[index].shape)
    }
    try program.run(tensors)
    return program.outputs().map(\.doubles)
  }

  private mutating func weightedSum(_ nodes: [Node]) throws -> Node {
    var total: Node?
    for node in nodes {
      let weights = Tensor(randomNumbers(node.shape.count), shape: node.shape)
      let sum = try (node * Node.constant(weights).cast(to: node.dataType)).sum()
      if let present = total { total = try present + sum } else { total = sum }
    }
    return try total ?? Node.constant(0, .float64)
  }

  private mutating func randomNumbers(_ count: Int) -> [Double] {
    (0..<count).map { _ in Double.random(in: -1...1, using: &random) }
  }
}
