import ApusGraph

/// What one step of an elementwise program computes from one, two or three numbers.
///
/// Truth is 1 and falsehood 0, and any number but 0 counts as true.
package enum ElementwiseOpcode: Hashable, Sendable, CaseIterable {
  case copy
  case add, subtract, multiply, divide, minimum, maximum, power
  case negate, absolute, exponential, logarithm, log1p, expm1, squareRoot, reciprocalSquareRoot
  case tanh, sigmoid, errorFunction, reciprocal, sign, floor, square, softplus, sine, cosine
  case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, and, or, not
  /// The second number where the first is true, else the third.
  case select
  /// `a · b + c`.
  case multiplyAdd

  /// How many numbers it takes.
  package var operandCount: Int {
    switch function {
    case .unary: 1
    case .binary: 2
    case .ternary: 3
    }
  }
}

/// The opcode of an elementwise operation that is one step of a program, or nil.
package func elementwiseOpcode(for operation: any Operation) -> ElementwiseOpcode? {
  if let comparison = operation as? Comparison { return comparison.relation.opcode }
  return elementwiseOpcodes[operation.name]
}

/// The opcodes of the elementwise operations without settings, by name.
let elementwiseOpcodes: [String: ElementwiseOpcode] = [
  StopGradient.name: .copy,
  Add.name: .add,
  Subtract.name: .subtract,
  Multiply.name: .multiply,
  Divide.name: .divide,
  Minimum.name: .minimum,
  Maximum.name: .maximum,
  Power.name: .power,
  Negate.name: .negate,
  Absolute.name: .absolute,
  Exponential.name: .exponential,
  Logarithm.name: .logarithm,
  Log1p.name: .log1p,
  Expm1.name: .expm1,
  SquareRoot.name: .squareRoot,
  ReciprocalSquareRoot.name: .reciprocalSquareRoot,
  Tanh.name: .tanh,
  Sigmoid.name: .sigmoid,
  ErrorFunction.name: .errorFunction,
  Reciprocal.name: .reciprocal,
  Sign.name: .sign,
  Floor.name: .floor,
  Square.name: .square,
  Softplus.name: .softplus,
  Sine.name: .sine,
  Cosine.name: .cosine,
  LogicalAnd.name: .and,
  LogicalOr.name: .or,
  LogicalNot.name: .not,
  Select.name: .select,
]

extension Comparison.Relation {
  fileprivate var opcode: ElementwiseOpcode {
    switch self {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    }
  }
}
