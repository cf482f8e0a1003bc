extension FusedElementwise {
  /// The program with each `a · b + c` as one step where the product is read nowhere else.
  ///
  /// Steps that nobody reads any more stay, so that the others keep their numbers.
  var contracted: FusedElementwise {
    var reads: [Value: Int] = [:]
    for value in steps.flatMap(\.operands) + results.map(\.value) {
      reads[value, default: 0] += 1
    }
    var contracted = steps
    for (index, step) in steps.enumerated() where step.opcode == .add {
      for (side, operand) in step.operands.enumerated() where reads[operand] == 1 {
        let other = step.operands[1 - side]
        guard let factors = factors(of: operand, in: contracted),
          // Two numbers would need a register, which costs what is saved.
          !other.isNumber || !factors.contains(where: \.isNumber)
        else { continue }
        contracted[index] = Step(opcode: .multiplyAdd, operands: factors + [other])
        break
      }
    }
    return FusedElementwise(
      shape: shape, modes: modes, draws: draws, steps: contracted, results: results)
  }

  /// The two factors of a value that is a product.
  private func factors(of value: Value, in steps: [Step]) -> [Value]? {
    guard case .step(let index) = value else { return nil }
    switch steps[index].opcode {
    case .multiply: return steps[index].operands
    case .square: return steps[index].operands + steps[index].operands
    default: return nil
    }
  }
}

extension FusedElementwise.Value {
  fileprivate var isNumber: Bool {
    if case .bits = self { true } else { false }
  }
}
