import CJumpProcesses

extension SlotForm {
  /// The slot that holds the value of a formula, or nil where it reads the time.
  ///
  /// Parts that are equal are computed once.
  mutating func slot(of expression: ModelExpression, in network: ReactionNetwork) -> Int32? {
    switch expression {
    case .number(let value): return slot(of: value)
    case .quantity(let index): return slot(ofQuantity: index, in: network)
    case .time: return nil
    case .apply(let function, let arguments):
      if function == .power, case .number(let exponent) = arguments[1] {
        guard let base = slot(of: arguments[0], in: network) else { return nil }
        return power(base, exponent)
      }
      var slots: [Int32] = []
      for argument in arguments {
        guard let slot = slot(of: argument, in: network) else { return nil }
        slots.append(slot)
      }
      return apply(function, slots)
    }
  }

  private mutating func apply(_ function: ModelExpression.Function, _ slots: [Int32]) -> Int32 {
    switch function {
    case .add: return folded(APUS_ADD, slots, empty: 0)
    case .multiply: return folded(APUS_MULTIPLY, slots, empty: 1)
    case .min: return folded(APUS_MIN, slots, empty: .infinity)
    case .max: return folded(APUS_MAX, slots, empty: -.infinity)
    case .and: return truth(folded(APUS_AND, slots, empty: 1), of: slots)
    case .or: return truth(folded(APUS_OR, slots, empty: 0), of: slots)
    case .xor:
      let truths = slots.map { result(APUS_UNEQUAL, [$0, slot(of: 0)]) }
      return folded(APUS_UNEQUAL, truths, empty: 0)
    case .greater: return result(APUS_LESS, [slots[1], slots[0]])
    case .greaterOrEqual: return result(APUS_LESS_OR_EQUAL, [slots[1], slots[0]])
    case .piecewise: return piecewise(slots)
    default: return result(function.instruction, slots)
    }
  }

  private mutating func folded(
    _ function: apus_function, _ slots: [Int32], empty: Double
  ) -> Int32 {
    guard var value = slots.first else { return slot(of: empty) }
    for slot in slots.dropFirst() { value = result(function, [value, slot]) }
    return value
  }

  /// A condition of one part is that part's truth.
  private mutating func truth(_ value: Int32, of slots: [Int32]) -> Int32 {
    slots.count == 1 ? result(APUS_UNEQUAL, [value, slot(of: 0)]) : value
  }

  private mutating func piecewise(_ slots: [Int32]) -> Int32 {
    var value = slots.count % 2 == 1 ? slots[slots.count - 1] : slot(of: .nan)
    for pair in stride(from: slots.count / 2 * 2 - 2, through: 0, by: -2) {
      value = result(APUS_SELECT, [slots[pair + 1], slots[pair], value])
    }
    return value
  }

  /// Small whole exponents and their halves are products and a square root.
  private mutating func power(_ base: Int32, _ exponent: Double) -> Int32 {
    guard exponent >= 0.5, exponent <= 16, (2 * exponent).rounded() == 2 * exponent else {
      return result(APUS_POWER, [base, slot(of: exponent)])
    }
    var rest = Int(exponent)
    var (value, square): (Int32?, Int32) = (nil, base)
    while rest > 0 {
      if rest % 2 == 1 { value = value.map { result(APUS_MULTIPLY, [$0, square]) } ?? square }
      rest /= 2
      if rest > 0 { square = result(APUS_MULTIPLY, [square, square]) }
    }
    guard exponent.rounded() != exponent else { return value ?? slot(of: 1) }
    let root = result(APUS_SQRT, [base])
    return value.map { result(APUS_MULTIPLY, [$0, root]) } ?? root
  }
}

extension ModelExpression.Function {
  /// The instruction of a function that takes as many numbers as the instruction.
  fileprivate var instruction: apus_function {
    switch self {
    case .subtract: APUS_SUBTRACT
    case .negate: APUS_NEGATE
    case .divide: APUS_DIVIDE
    case .power: APUS_POWER
    case .exp: APUS_EXP
    case .ln: APUS_LN
    case .log10: APUS_LOG10
    case .sqrt: APUS_SQRT
    case .abs: APUS_ABS
    case .floor: APUS_FLOOR
    case .ceil: APUS_CEIL
    case .factorial: APUS_FACTORIAL
    case .sin: APUS_SIN
    case .cos: APUS_COS
    case .tan: APUS_TAN
    case .arcsin: APUS_ARCSIN
    case .arccos: APUS_ARCCOS
    case .arctan: APUS_ARCTAN
    case .sinh: APUS_SINH
    case .cosh: APUS_COSH
    case .tanh: APUS_TANH
    case .less: APUS_LESS
    case .lessOrEqual: APUS_LESS_OR_EQUAL
    case .equal: APUS_EQUAL
    case .unequal: APUS_UNEQUAL
    case .not: APUS_NOT
    case .add, .multiply, .min, .max, .greater, .greaterOrEqual, .and, .or, .xor, .piecewise:
      preconditionFailure("program bug: \(rawValue) is not one instruction")
    }
  }
}
