import ApusTensors

/// The sizes of an LSTM, read from its operands' types.
package struct LSTMSizes {
  package let batch: Int
  package let steps: Int
  package let inputs: Int
  package let units: Int
  package let directions: Int
  package let hasLengths: Bool
  /// The type of `x` and the kernels.
  package let operandType: DataType
  /// The type of all other real numbers.
  package let stateType: DataType

  /// The operands in front of the lengths.
  package var operandCount: Int { 3 + 3 * directions }

  /// Checks the operands of ``LSTMSequence``.
  init(_ inputs: [TensorType], directions: Int, in operation: String) throws(GraphError) {
    guard directions > 0 else {
      throw GraphError(operation, .setting("needs at least one direction"))
    }
    let count = 3 + 3 * directions
    guard inputs.count == count || inputs.count == count + 1 else {
      throw GraphError(operation, .operandCount(expected: count, actual: inputs.count))
    }
    let x = try inputs[0].floatingPoint(in: operation)
    try x.expectRank(3, of: "x", axes: "batch, step, feature", in: operation)
    try inputs[2].expectRank(2, of: "recurrent kernel", axes: "unit, gate", in: operation)
    (batch, steps, self.inputs) = (x.shape[0], x.shape[1], x.shape[2])
    units = inputs[2].shape[0]
    self.directions = directions
    hasLengths = inputs.count > count
    operandType = x.dataType
    let isMixed = x.dataType == .bfloat16 && inputs[3].dataType == .float32
    stateType = isMixed ? .float32 : x.dataType
    guard units > 0, self.inputs > 0 else {
      throw GraphError(
        operation, .setting("needs at least one feature and one unit"),
        [.init(name: "x", type: x), .init(name: "recurrent kernel", type: inputs[2])])
    }
    try check(inputs, in: operation)
  }

  private func check(_ operands: [TensorType], in operation: String) throws(GraphError) {
    let gates = try TensorType.checked([4, units], stateType, in: operation).count
    for direction in 0..<directions {
      let first = 1 + 3 * direction
      try expect(operands[first], "kernel", [inputs, gates], operandType, operation)
      try expect(operands[first + 1], "recurrent kernel", [units, gates], operandType, operation)
      try expect(operands[first + 2], "bias", [gates], stateType, operation)
    }
    let state = [directions, batch, units]
    try expect(operands[operandCount - 2], "initial hidden state", state, stateType, operation)
    try expect(operands[operandCount - 1], "initial cell state", state, stateType, operation)
    if hasLengths { try expect(operands[operandCount], "lengths", [batch], .int32, operation) }
  }

  /// Checks the type of one operand.
  func expect(
    _ operand: TensorType, _ name: String, _ extents: [Int], _ dataType: DataType,
    _ operation: String
  ) throws(GraphError) {
    let expected = try TensorType.checked(extents, dataType, in: operation)
    guard operand != expected else { return }
    throw GraphError(
      operation,
      operand.dataType == dataType
        ? .shapesDiffer(operand.shape, expected.shape)
        : .dataType(expected: dataType.rawValue, actual: operand.dataType),
      [.init(name: name, type: operand)])
  }

  /// The types of hidden values, final hidden and cell state, cells and gates.
  func outputTypes(in operation: String) throws(GraphError) -> [TensorType] {
    let state: [Int] = [directions, batch, units]
    var types: [TensorType] = []
    for extents in [
      [batch, steps, directions * units], state, state, [directions, steps, batch, units],
      [directions, steps, batch, 4 * units],
    ] { types.append(try .checked(extents, stateType, in: operation)) }
    return types
  }
}
