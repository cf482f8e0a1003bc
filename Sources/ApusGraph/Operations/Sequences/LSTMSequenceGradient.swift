import ApusTensors

/// The gradient of an LSTM's hidden values and final state with respect to all its operands.
///
/// Back through the steps of a direction, `dh` and `dc` being those of the state after the step:
/// `dc += dh·o·(1 − tanh²c)`, `di = dc·g·i(1 − i)`, `df = dc·c₋₁·f(1 − f)`, `dg = dc·i·(1 − g²)`,
/// `do = dh·tanh(c)·o(1 − o)`; then `dx = d[i f g o]·Wᵀ`, `dh = d[i f g o]·Rᵀ`, `dc = dc·f`, and
/// `dW = Σ xᵀ·d[i f g o]`, `dR = Σ h₋₁ᵀ·d[i f g o]`, `db = Σ d[i f g o]`. Steps that do not count
/// pass `dh` and `dc` on.
/// - Shapes: the operands of ``LSTMSequence`` but the lengths; its `hidden`, `cells` and `gates`;
///   the gradients of `hidden`, `finalHidden`, `finalCell`; the lengths, which may be left out → one
///   gradient for each of the first operands, shaped as it is.
/// - Derivative: that of the decomposition, in which hidden values, cells and gates are operands.
///
/// Reference: Werbos (1990), "Backpropagation through time", Proceedings of the IEEE 78(10).
public struct LSTMSequenceGradient: Operation {
  public static let name = "lstmGradient"
  public let directions: [LSTMDirection]
  /// The type of the gradients of `x` and the kernels, that of these operands unless given;
  /// bfloat16 operands may give `float32`.
  public var resultType: DataType?

  public init(directions: [LSTMDirection], resultType: DataType? = nil) {
    self.directions = directions
    self.resultType = resultType
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let (operands, rest) = try separated(inputs)
    let sizes = try LSTMSizes(operands, directions: directions.count, in: Self.name)
    let kept = try sizes.outputTypes(in: Self.name)
    let names = ["hidden", "cells", "gates", "gradient", "gradient", "gradient"]
    for (index, type) in [kept[0], kept[3], kept[4], kept[0], kept[1], kept[2]].enumerated() {
      try sizes.expect(
        rest[index], names[index], type.shape.extents, type.dataType, Self.name)
    }
    let result = try productType([inputs[0], inputs[0]], resultType, in: Self.name)
    return operands[..<sizes.operandCount].map { operand in
      TensorType(
        operand.shape, operand.dataType == sizes.operandType ? result : operand.dataType)
    }
  }

  /// The operands as ``LSTMSequence`` takes them, and the six between them.
  private func separated<Operand>(
    _ inputs: [Operand]
  ) throws(GraphError) -> (operands: [Operand], rest: [Operand]) {
    let count = 3 + 3 * directions.count
    guard inputs.count == count + 6 || inputs.count == count + 7 else {
      throw GraphError(
        Self.name, .operandCount(expected: count + 6, actual: inputs.count))
    }
    return (
      Array(inputs[..<count] + inputs[(count + 6)...]), Array(inputs[count..<count + 6])
    )
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let (operands, rest) = try separated(inputs)
    let sequence = try LSTMOperands(operands, directions, in: Self.name)
    var x: Node?
    var weights: [Node] = []
    var (hidden, cells): ([Node], [Node]) = ([], [])
    for direction in directions.indices {
      let part = try sequence.gradients(direction, kept: rest)
      if let sum = x { x = try sum + part.x } else { x = part.x }
      weights += [part.kernel, part.recurrentKernel, part.bias]
      hidden.append(part.initial.hidden)
      cells.append(part.initial.cell)
    }
    guard let x else { return nil }
    let results = [x] + weights + [try Node.stacked(hidden), try Node.stacked(cells)]
    var outputs: [Node] = []
    for (result, type) in zip(results, try types(of: inputs.map(\.type))) {
      outputs.append(try result.cast(to: type.dataType))
    }
    return outputs
  }
}

/// The gradients of one direction.
private struct LSTMGradients {
  let x: Node
  let kernel: Node
  let recurrentKernel: Node
  let bias: Node
  let initial: LSTMState
}

extension LSTMOperands {
  /// The gradients of one direction; `kept` is what stands between the operands.
  fileprivate func gradients(
    _ direction: Int, kept: [Node]
  ) throws(GraphError) -> LSTMGradients {
    let units = sizes.units
    func share(_ value: Node) throws(GraphError) -> [Node] {
      let share = try value.sliced(
        alongAxis: 2, from: direction * units, to: (direction + 1) * units)
      return try parts(of: share, alongAxis: 1)
    }
    let (hidden, incoming) = (try share(kept[0]), try share(kept[3]))
    let cells = try parts(of: part(direction, of: kept[1]), alongAxis: 0)
    let gates = try parts(of: part(direction, of: kept[2]), alongAxis: 0)
    let first = LSTMState(
      hidden: try part(direction, of: initial.hidden), cell: try part(direction, of: initial.cell))
    var state = LSTMState(
      hidden: try part(direction, of: kept[4]), cell: try part(direction, of: kept[5]))
    var sums = [Node?](repeating: nil, count: sizes.steps)
    var before = [Node?](repeating: nil, count: sizes.steps)
    let order = order(direction)
    for (place, t) in order.enumerated().reversed() {
      let previous = place > 0 ? order[place - 1] : nil
      let gradients = try stepGradients(
        t, gates[t], cells[t], from: previous.map { cells[$0] } ?? first.cell,
        hidden: state.hidden + incoming[t], cell: state.cell)
      let carried = try product(
        gradients.gates, weights[direction].recurrentKernel, transposingSecond: true)
      state = LSTMState(
        hidden: try whereValid(t, carried, state.hidden),
        cell: try whereValid(t, gradients.cell, state.cell))
      sums[t] = gradients.gates
      before[t] = first.hidden
      if let previous { before[t] = try whereValid(previous, hidden[previous], first.hidden) }
    }
    return try weightGradients(
      direction, sums.compactMap { $0 }, before.compactMap { $0 }, initial: state)
  }

  /// The gradients of one step's gates before their functions, and of the cell before the step.
  private func stepGradients(
    _ t: Int, _ gates: Node, _ cell: Node, from previous: Node, hidden: Node, cell gradient: Node
  ) throws(GraphError) -> (gates: Node, cell: Node) {
    let gates = try gates.split(into: 4, alongAxis: 1)
    let (i, f, g, o) = (gates[0], gates[1], gates[2], gates[3])
    let value = try cell.tanh()
    let cellGradient = try gradient + hidden * o * (1 - value.squared())
    let all = try Node.concatenated(
      [
        cellGradient * g * i * (1 - i), cellGradient * previous * f * (1 - f),
        cellGradient * i * (1 - g.squared()), hidden * value * o * (1 - o),
      ], alongAxis: 1)
    let zeros = try Node.filled(0, like: all.type)
    return (try whereValid(t, all, zeros), try cellGradient * f)
  }

  /// The products over all steps at once.
  private func weightGradients(
    _ direction: Int, _ sums: [Node], _ before: [Node], initial: LSTMState
  ) throws(GraphError) -> LSTMGradients {
    let rows = sizes.batch * sizes.steps
    func flat(_ values: [Node], _ extent: Int) throws(GraphError) -> Node {
      try stacked(values, alongAxis: 1, extent: extent).reshaped(to: [rows, extent])
    }
    let gates = try flat(sums, 4 * sizes.units)
    let x = try product(gates, weights[direction].kernel, transposingSecond: true)
    return LSTMGradients(
      x: try x.reshaped(to: self.x.shape),
      kernel: try product(
        countingInputs().reshaped(to: [rows, sizes.inputs]), gates, transposingFirst: true),
      recurrentKernel: try product(flat(before, sizes.units), gates, transposingFirst: true),
      bias: try gates.sum(overAxes: [0]), initial: initial)
  }

  /// The input, zeros in place of its padding, which may hold anything.
  private func countingInputs() throws(GraphError) -> Node {
    guard lengths != nil, sizes.steps > 0 else { return x }
    var steps: [Node] = []
    for (t, step) in try parts(of: x, alongAxis: 1).enumerated() {
      steps.append(try whereValid(t, step, .filled(0, like: step.type)))
    }
    return try stacked(steps, alongAxis: 1, extent: sizes.inputs)
  }
}
