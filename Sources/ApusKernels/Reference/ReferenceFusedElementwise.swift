import ApusGraph

/// Runs the steps of an elementwise program one element at a time.
struct ReferenceFusedElementwise: TypedReferenceKernel {
  func compute(
    _ program: FusedElementwise, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    var values = [Double](repeating: 0, count: program.steps.count)
    let words = program.draws.map { RandomWords(key: inputs[$0.key], stream: $0.stream) }
    for element in 0..<program.shape.count {
      func number(_ value: FusedElementwise.Value) -> Double {
        switch value {
        case .input(let index): inputs[index][program.modes[index].place(of: element)]
        case .step(let index): values[index]
        case .bits(let bits): Double(Float(bitPattern: bits))
        case .draw(let index): words[index].number(element, program.draws[index].distribution)
        }
      }
      for (index, step) in program.steps.enumerated() {
        values[index] = step.opcode.value(of: step.operands.map(number))
      }
      for (result, output) in zip(program.results, outputs) {
        output[element] = rounded(number(result.value), to: result.dataType)
      }
    }
  }
}

extension FusedElementwise.Mode {
  /// Which element of the input belongs to an element of the outputs.
  fileprivate func place(of element: Int) -> Int {
    switch self {
    case .full: element
    case .scalar, .key: 0
    case .channel(let inner): element % inner
    case .repeated(let inner): element / inner
    }
  }
}

extension ElementwiseOpcode {
  fileprivate func value(of operands: [Double]) -> Double {
    switch function {
    case .unary(let f): f(operands[0])
    case .binary(let f): f(operands[0], operands[1])
    case .ternary(let f): f(operands[0], operands[1], operands[2])
    }
  }
}
