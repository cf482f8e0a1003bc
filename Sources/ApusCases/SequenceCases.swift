import ApusGraph
import ApusTensors

extension OperationCase {
  /// LSTMs over sequences of one and of different lengths, in each direction and both, of sizes
  /// that fill no vector, some and many.
  static let sequenceCases: [OperationCase] = [
    lstm("forward", batch: 2, steps: 4, features: 3, units: 5, [.forward]),
    lstm("backward", batch: 3, steps: 3, features: 4, units: 2, [.backward]),
    lstm("both", batch: 3, steps: 3, features: 2, units: 3, [.forward, .backward]),
    lstm("one", batch: 1, steps: 1, features: 1, units: 1, [.forward]),
    lstm("wide", batch: 5, steps: 2, features: 9, units: 17, [.forward, .backward]),
    lstm("vectors", batch: 16, steps: 3, features: 16, units: 16, [.forward]),
    lstm(
      "lengths", batch: 4, steps: 4, features: 3, units: 3, [.forward],
      lengths: [4, 0, 2, 1]),
    lstm(
      "lengthsBackward", batch: 4, steps: 4, features: 3, units: 3, [.backward],
      lengths: [3, 4, 0, 1]),
    lstm(
      "lengthsBoth", batch: 5, steps: 3, features: 2, units: 9, [.forward, .backward],
      lengths: [2, 3, 1, 3, 0]),
    // Values beside the result, as a caller may take them; their derivative is the decomposition's.
    OperationCase(
      "lstm/everyOutput",
      lstmOperands(batch: 3, steps: 3, features: 2, units: 3, directions: 1)
        + [.listed([3], [2, 3, 0], .int32)],
      outputs: { try LSTMSequence().outputs(of: $0) }),
  ]

  private static func lstm(
    _ name: String, batch: Int, steps: Int, features: Int, units: Int,
    _ directions: [LSTMDirection], lengths: [Double]? = nil
  ) -> OperationCase {
    var operands = lstmOperands(
      batch: batch, steps: steps, features: features, units: units, directions: directions.count)
    if let lengths { operands.append(.listed([batch], lengths, .int32)) }
    return OperationCase(
      "lstm/\(name)", operands,
      outputs: { inputs in
        let weights = directions.indices.map { direction in
          LSTMWeights(
            kernel: inputs[1 + 3 * direction], recurrentKernel: inputs[2 + 3 * direction],
            bias: inputs[3 + 3 * direction])
        }
        let count = 3 + 3 * directions.count
        let result = try inputs[0].lstm(
          weights, directions: directions,
          from: LSTMState(hidden: inputs[count - 2], cell: inputs[count - 1]),
          lengths: lengths == nil ? nil : inputs[count])
        return [result.hidden, result.final.hidden, result.final.cell]
      })
  }

  private static func lstmOperands(
    batch: Int, steps: Int, features: Int, units: Int, directions: Int
  ) -> [CaseOperand] {
    let weights: [[CaseOperand]] = (0..<directions).map { _ in
      [.real([features, 4 * units], -1, 1), .real([units, 4 * units], -1, 1), .real([4 * units])]
    }
    let state = CaseOperand.real([directions, batch, units], -1, 1)
    return [.real([batch, steps, features])] + weights.flatMap { $0 } + [state, state]
  }
}
