import Glibc

/// A function of one, two or three numbers.
enum ElementwiseFunction {
  case unary((Double) -> Double)
  case binary((Double, Double) -> Double)
  case ternary((Double, Double, Double) -> Double)
}

extension ElementwiseOpcode {
  /// The function in `Double`: the definition of every elementwise operation.
  var function: ElementwiseFunction {
    switch self {
    case .copy: .unary { $0 }
    case .add: .binary(+)
    case .subtract: .binary(-)
    case .multiply: .binary(*)
    case .divide: .binary(/)
    case .minimum: .binary(smaller)
    case .maximum: .binary(larger)
    case .power: .binary(pow)
    case .negate: .unary { -$0 }
    case .absolute: .unary { $0.magnitude }
    case .exponential: .unary(exp)
    case .logarithm: .unary(log)
    case .log1p: .unary(Glibc.log1p)
    case .expm1: .unary(Glibc.expm1)
    case .squareRoot: .unary { $0.squareRoot() }
    case .reciprocalSquareRoot: .unary { 1 / $0.squareRoot() }
    case .tanh: .unary(Glibc.tanh)
    case .sigmoid: .unary(logistic)
    case .errorFunction: .unary(erf)
    case .reciprocal: .unary { 1 / $0 }
    case .sign: .unary { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
    case .floor: .unary { $0.rounded(.down) }
    case .square: .unary { $0 * $0 }
    case .softplus: .unary { larger($0, 0) + Glibc.log1p(exp(-$0.magnitude)) }
    case .sine: .unary(sin)
    case .cosine: .unary(cos)
    case .equal: .binary { $0 == $1 ? 1 : 0 }
    case .notEqual: .binary { $0 != $1 ? 1 : 0 }
    case .less: .binary { $0 < $1 ? 1 : 0 }
    case .lessOrEqual: .binary { $0 <= $1 ? 1 : 0 }
    case .greater: .binary { $0 > $1 ? 1 : 0 }
    case .greaterOrEqual: .binary { $0 >= $1 ? 1 : 0 }
    case .and: .binary { $0 != 0 && $1 != 0 ? 1 : 0 }
    case .or: .binary { $0 != 0 || $1 != 0 ? 1 : 0 }
    case .not: .unary { $0 == 0 ? 1 : 0 }
    case .select: .ternary { $0 != 0 ? $1 : $2 }
    case .multiplyAdd: .ternary { $0 * $1 + $2 }
    }
  }
}

/// The larger number; NaN where either is.
func larger(_ first: Double, _ second: Double) -> Double {
  first.isNaN || first > second ? first : second
}

/// The smaller number; NaN where either is.
func smaller(_ first: Double, _ second: Double) -> Double {
  first.isNaN || first < second ? first : second
}

/// `1 / (1 + exp(−x))` with an exponential that never overflows.
private func logistic(_ value: Double) -> Double {
  let small = exp(-value.magnitude)
  return value >= 0 ? 1 / (1 + small) : small / (1 + small)
}
