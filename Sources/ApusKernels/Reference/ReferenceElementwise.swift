import ApusGraph

/// An elementwise operation that is one opcode, applied to operands of equal shape.
struct ReferenceElementwise: ReferenceKernel {
  package func run(
    _ operation: any Operation, inputs: [ReferenceOperand], outputs: [ReferenceOperand]
  ) {
    guard let opcode = elementwiseOpcode(for: operation) else {
      preconditionFailure("planner bug: \(operation) is not elementwise")
    }
    let elements = 0..<outputs[0].count
    switch opcode.function {
    case .unary(let f):
      for i in elements { outputs[0][i] = f(inputs[0][i]) }
    case .binary(let f):
      for i in elements { outputs[0][i] = f(inputs[0][i], inputs[1][i]) }
    case .ternary(let f):
      for i in elements { outputs[0][i] = f(inputs[0][i], inputs[1][i], inputs[2][i]) }
    }
  }
}
