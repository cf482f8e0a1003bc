import ApusTensors

/// The operands of an LSTM by name, and its steps made of small operations: the definition.
struct LSTMOperands {
  let sizes: LSTMSizes
  let directions: [LSTMDirection]
  let x: Node
  let weights: [LSTMWeights]
  let initial: LSTMState
  let lengths: Node?

  init(
    _ inputs: [Node], _ directions: [LSTMDirection], in operation: String
  ) throws(GraphError) {
    sizes = try LSTMSizes(inputs.map(\.type), directions: directions.count, in: operation)
    self.directions = directions
    x = inputs[0]
    weights = directions.indices.map { direction in
      let first = 1 + 3 * direction
      return LSTMWeights(
        kernel: inputs[first], recurrentKernel: inputs[first + 1], bias: inputs[first + 2])
    }
    let count = sizes.operandCount
    initial = LSTMState(hidden: inputs[count - 2], cell: inputs[count - 1])
    lengths = sizes.hasLengths ? inputs[count] : nil
  }

  /// The steps of a direction, in the order it takes them.
  func order(_ direction: Int) -> [Int] {
    directions[direction] == .forward
      ? Array(0..<sizes.steps) : Array((0..<sizes.steps).reversed())
  }

  /// `chosen` for the sequences that have step `t`, `other` for those that have ended.
  func whereValid(_ t: Int, _ chosen: Node, _ other: Node) throws(GraphError) -> Node {
    guard let lengths else { return chosen }
    return try .select(
      lengths.isGreater(than: Double(t)).expandingAxis(-1), chosen, other)
  }

  /// A product of operands, summed in the state's type.
  func product(
    _ first: Node, _ second: Node, transposingFirst: Bool = false, transposingSecond: Bool = false
  ) throws(GraphError) -> Node {
    let (type, state) = (sizes.operandType, sizes.stateType)
    return try MatrixProduct(
      transposesFirst: transposingFirst, transposesSecond: transposingSecond,
      resultType: type == state ? nil : state)(first.cast(to: type), second.cast(to: type))
  }

  /// One of the directions of a state `[directions, …]`.
  func part(_ direction: Int, of value: Node) throws(GraphError) -> Node {
    try value.sliced(alongAxis: 0, from: direction, to: direction + 1).removingAxis(0)
  }

  /// The parts of one axis, without that axis.
  func parts(of value: Node, alongAxis axis: Int) throws(GraphError) -> [Node] {
    let count = value.shape[axis]
    if count == 0 { return [] }
    var parts: [Node] = []
    for part in try value.split(into: count, alongAxis: axis) {
      parts.append(try part.removingAxis(axis))
    }
    return parts
  }

  /// `x·W` of every step, `[B, 4U]` each.
  private func inputProducts(_ direction: Int) throws(GraphError) -> [Node] {
    let rows = sizes.batch * sizes.steps
    let products = try product(
      x.reshaped(to: [rows, sizes.inputs]), weights[direction].kernel)
    return try parts(
      of: products.reshaped(to: [sizes.batch, sizes.steps, 4 * sizes.units]), alongAxis: 1)
  }

  /// One direction through all steps.
  func run(_ direction: Int) throws(GraphError) -> LSTMRun {
    var hidden = try part(direction, of: initial.hidden)
    var cell = try part(direction, of: initial.cell)
    let zeros = try Node.filled(0, like: hidden.type)
    let products = try inputProducts(direction)
    var steps = [LSTMStep?](repeating: nil, count: sizes.steps)
    for t in order(direction) {
      let sums = try
        (products[t] + product(hidden, weights[direction].recurrentKernel)
        + weights[direction].bias).split(into: 4, alongAxis: 1)
      let (i, f) = (try sums[0].sigmoid(), try sums[1].sigmoid())
      let (g, o) = (try sums[2].tanh(), try sums[3].sigmoid())
      cell = try whereValid(t, f * cell + i * g, cell)
      let value = try o * cell.tanh()
      hidden = try whereValid(t, value, hidden)
      let gates = try Node.concatenated([i, f, g, o], alongAxis: 1)
      steps[t] = LSTMStep(
        hidden: try whereValid(t, value, zeros), cell: cell,
        gates: try whereValid(t, gates, Node.filled(0, like: gates.type)))
    }
    let all = steps.compactMap { $0 }
    return LSTMRun(
      hidden: try stacked(all.map(\.hidden), alongAxis: 1, extent: sizes.units),
      finalHidden: hidden, finalCell: cell,
      cells: try stacked(all.map(\.cell), alongAxis: 0, extent: sizes.units),
      gates: try stacked(all.map(\.gates), alongAxis: 0, extent: 4 * sizes.units))
  }

  /// The values `[B, extent]` of all steps along a new axis; empty where there are no steps.
  func stacked(
    _ values: [Node], alongAxis axis: Int, extent: Int
  ) throws(GraphError) -> Node {
    guard values.isEmpty else { return try Node.stacked(values, alongAxis: axis) }
    let shape: Shape = axis == 0 ? [0, sizes.batch, extent] : [sizes.batch, 0, extent]
    return try Node.filled(0, like: TensorType(shape, sizes.stateType))
  }
}

/// One direction's results: those of ``LSTMSequence`` without the axis of directions.
struct LSTMRun {
  let hidden: Node
  let finalHidden: Node
  let finalCell: Node
  let cells: Node
  let gates: Node
}

/// What one step keeps.
private struct LSTMStep {
  let hidden: Node
  let cell: Node
  let gates: Node
}
