import ApusGraph
import ApusTensors

extension Refusal {
  private static let sequence: [Shape] = [
    [2, 7, 3], [3, 20], [5, 20], [20], [1, 2, 5], [1, 2, 5],
  ]

  private static func replacing(_ index: Int, with shape: Shape) -> [Shape] {
    var shapes = sequence
    shapes[index] = shape
    return shapes
  }

  static let sequences: [Refusal] = [
    Refusal(
      "sequences without a batch", replacing(0, with: [7, 3]), .rank(expected: "3", actual: 2),
      "lstm: expects 3 axes, got 2; x float32[7, 3] (batch, step, feature)"
    ) { try LSTMSequence().outputs(of: $0) },
    Refusal(
      "a kernel for other features", replacing(1, with: [4, 20]),
      .shapesDiffer([4, 20], [3, 20]),
      "lstm: the operands' shapes differ: [4, 20] and [3, 20]; kernel float32[4, 20]"
    ) { try LSTMSequence().outputs(of: $0) },
    Refusal(
      "a state of another batch", replacing(5, with: [1, 3, 5]),
      .shapesDiffer([1, 3, 5], [1, 2, 5]),
      "lstm: the operands' shapes differ: [1, 3, 5] and [1, 2, 5]; "
        + "initial cell state float32[1, 3, 5]"
    ) { try LSTMSequence().outputs(of: $0) },
    Refusal(
      "lengths that are no int32", sequence + [[2]],
      .dataType(expected: "int32", actual: .float32),
      "lstm: expects int32, got float32; lengths float32[2]"
    ) { try LSTMSequence().outputs(of: $0) },
    Refusal(
      "weights for one of two directions", sequence, .operandCount(expected: 9, actual: 6),
      "lstm: takes 9 operands, got 6"
    ) { try LSTMSequence(directions: [.forward, .backward]).outputs(of: $0) },
    Refusal(
      "a gradient of another shape",
      sequence + [
        [2, 7, 5], [1, 7, 2, 5], [1, 7, 2, 20], [2, 6, 5], [1, 2, 5], [1, 2, 5],
      ], .shapesDiffer([2, 6, 5], [2, 7, 5]),
      "lstmGradient: the operands' shapes differ: [2, 6, 5] and [2, 7, 5]; "
        + "gradient float32[2, 6, 5]"
    ) { try LSTMSequenceGradient(directions: [.forward]).outputs(of: $0) },
  ]
}
