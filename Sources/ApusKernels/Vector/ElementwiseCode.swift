import CKernels

extension ElementwiseOpcode {
  /// The C kernel's instruction.
  var code: apus_opcode {
    switch self {
    case .copy: .APUS_OP_COPY
    case .add: .APUS_OP_ADD
    case .subtract: .APUS_OP_SUBTRACT
    case .multiply: .APUS_OP_MULTIPLY
    case .divide: .APUS_OP_DIVIDE
    case .minimum: .APUS_OP_MINIMUM
    case .maximum: .APUS_OP_MAXIMUM
    case .power: .APUS_OP_POWER
    case .negate: .APUS_OP_NEGATE
    case .absolute: .APUS_OP_ABSOLUTE
    case .exponential: .APUS_OP_EXPONENTIAL
    case .logarithm: .APUS_OP_LOGARITHM
    case .log1p: .APUS_OP_LOG1P
    case .expm1: .APUS_OP_EXPM1
    case .squareRoot: .APUS_OP_SQUARE_ROOT
    case .reciprocalSquareRoot: .APUS_OP_RECIPROCAL_SQUARE_ROOT
    case .tanh: .APUS_OP_TANH
    case .sigmoid: .APUS_OP_SIGMOID
    case .errorFunction: .APUS_OP_ERROR_FUNCTION
    case .reciprocal: .APUS_OP_RECIPROCAL
    case .sign: .APUS_OP_SIGN
    case .floor: .APUS_OP_FLOOR
    case .square: .APUS_OP_SQUARE
    case .softplus: .APUS_OP_SOFTPLUS
    case .sine: .APUS_OP_SINE
    case .cosine: .APUS_OP_COSINE
    case .equal: .APUS_OP_EQUAL
    case .notEqual: .APUS_OP_NOT_EQUAL
    case .less: .APUS_OP_LESS
    case .lessOrEqual: .APUS_OP_LESS_EQUAL
    case .greater: .APUS_OP_GREATER
    case .greaterOrEqual: .APUS_OP_GREATER_EQUAL
    case .and: .APUS_OP_AND
    case .or: .APUS_OP_OR
    case .not: .APUS_OP_NOT
    case .select: .APUS_OP_SELECT
    case .multiplyAdd: .APUS_OP_MULTIPLY_ADD
    }
  }
}
