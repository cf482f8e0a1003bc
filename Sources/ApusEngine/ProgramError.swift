import ApusTensors

/// Why a program could not be planned or run.
public enum ProgramError: Error, Sendable {
  case inputCount(expected: Int, actual: Int)
  /// A result depends on an input that the computation does not list.
  case unlistedInput(label: String)
  /// A value that an operation computes is listed as an input.
  case computedInput(operation: String)
  /// An input is listed twice.
  case twoInputs(label: String)
  case updateType(variable: String, expected: TensorType, actual: TensorType)
  case twoUpdates(variable: String)
  case inputType(label: String, expected: TensorType, actual: TensorType)
  /// An operation refused the numbers it was given, such as an index outside its table.
  case operand(operation: String, message: String)
  case noKernel(operation: String, types: [TensorType])
}

extension ProgramError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .inputCount(let expected, let actual):
      "the program takes \(expected) inputs, got \(actual)"
    case .unlistedInput(let label):
      "the computation reads input \(label), which its inputs do not list"
    case .computedInput(let operation):
      "inputs are placeholders, got what \(operation) computes"
    case .twoInputs(let label): "input \(label) is listed twice"
    case .updateType(let variable, let expected, let actual):
      "variable \(variable) is \(expected), its update \(actual)"
    case .twoUpdates(let variable): "variable \(variable) has two updates, expected one at most"
    case .inputType(let label, let expected, let actual):
      "input \(label) is \(expected), got \(actual)"
    case .operand(let operation, let message): "\(operation): \(message)"
    case .noKernel(let operation, let types):
      "\(operation): no kernel takes operands of types \(types.map(\.description))"
    }
  }
}
