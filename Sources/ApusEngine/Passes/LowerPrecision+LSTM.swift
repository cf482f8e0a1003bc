import ApusGraph
import ApusTensors

extension Application {
  /// This LSTM, or gradient of one, with inputs and kernels rounded to bfloat16; nil where it is
  /// none, or not in fp32.
  ///
  /// States, biases and what the gates compute stay fp32.
  func lstmWithBFloat16Products(_ inputs: [Node]) throws -> [Node]? {
    let directions: Int
    let lowered: any Operation
    switch operation {
    case let sequence as LSTMSequence:
      (directions, lowered) = (sequence.directions.count, sequence)
    case var gradient as LSTMSequenceGradient:
      gradient.resultType = .float32
      (directions, lowered) = (gradient.directions.count, gradient)
    default: return nil
    }
    guard inputs[0].dataType == .float32 else { return nil }
    var operands = inputs
    let factors = [0] + (0..<directions).flatMap { [1 + 3 * $0, 2 + 3 * $0] }
    for index in factors { operands[index] = try inputs[index].cast(to: .bfloat16) }
    return try Application(lowered, operands).outputs
  }
}
