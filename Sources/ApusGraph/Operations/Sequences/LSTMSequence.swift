import ApusTensors

/// The order in which an LSTM takes the steps of a sequence.
public enum LSTMDirection: Sendable, Hashable {
  /// From the first step on.
  case forward
  /// From the last step back; of a sequence with a length, from its last valid one.
  case backward
}

/// A long short-term memory over whole sequences, in one direction or several side by side.
///
/// For each step `t` of a direction, with gates in Keras' order: `[i f g o] = x_t·W + h·R + b`,
/// `i, f, o ← σ`, `g ← tanh`, `c ← f·c + i·g`, `h ← o·tanh(c)`. Steps at or beyond a sequence's
/// length keep `h` and `c`, and their hidden value is zero.
/// - Shapes: `x: [B, T, I]`; for each of the `D` directions `kernel: [I, 4U]`,
///   `recurrentKernel: [U, 4U]`, `bias: [4U]`; `initialHidden: [D, B, U]`,
///   `initialCell: [D, B, U]`; `lengths: int32 [B]`, which may be left out → `hidden: [B, T, D·U]`,
///   `finalHidden: [D, B, U]`, `finalCell: [D, B, U]`, and for the derivative `cells: [D, T, B, U]`
///   and `gates: [D, T, B, 4U]`, zero where a step does not count. Where `x` and the kernels are
///   bfloat16 the others may be `float32`; products then round `h` to bfloat16.
/// - Derivative: ``LSTMSequenceGradient`` for the hidden values and the final state; that of the
///   decomposition for cells and gates.
///
/// Reference: Hochreiter, Schmidhuber (1997), "Long short-term memory", Neural Computation 9(8);
/// forget gates by Gers, Schmidhuber, Cummins (2000), Neural Computation 12(10).
public struct LSTMSequence: Operation {
  public static let name = "lstm"
  /// The directions, in the order of their weights and of their shares of the hidden values.
  public let directions: [LSTMDirection]
  /// Whether cells and gates are outputs; the engine leaves them out where nothing reads them.
  package var keepsGates = true

  public init(directions: [LSTMDirection] = [.forward]) { self.directions = directions }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let sizes = try LSTMSizes(inputs, directions: directions.count, in: Self.name)
    let all = try sizes.outputTypes(in: Self.name)
    return keepsGates ? all : Array(all.prefix(3))
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard keepsGates, gradients[3] == nil, gradients[4] == nil else {
      return try decomposedDerivative(at: node, along: gradients)
    }
    let sizes = try LSTMSizes(
      node.inputs.map(\.type), directions: directions.count, in: Self.name)
    var operands = Array(node.inputs[..<sizes.operandCount])
    operands += [node.output(0), node.output(3), node.output(4)]
    for index in 0..<3 {
      let zeros = try Node.filled(0, like: node.output(index).type)
      operands.append(gradients[index] ?? zeros)
    }
    operands += node.inputs[sizes.operandCount...]
    let derivatives: [Node?] = try LSTMSequenceGradient(directions: directions)
      .outputs(of: operands)
    return sizes.hasLengths ? derivatives + [nil] : derivatives
  }

  private func decomposedDerivative(
    at node: Node, along gradients: [Node?]
  ) throws(GraphError) -> [Node?] {
    guard let outputs = try decomposition(of: node.inputs) else {
      return node.inputs.map { _ in nil }
    }
    let derivatives = try gradientsWhereDependent(of: outputs, along: gradients, with: node.inputs)
    // An input that is given twice has one derivative, the sum over its uses: it counts once.
    return node.inputs.indices.map { index in
      node.inputs.firstIndex(of: node.inputs[index]) == index ? derivatives[index] : nil
    }
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let sequence = try LSTMOperands(inputs, directions, in: Self.name)
    var runs: [LSTMRun] = []
    for direction in directions.indices { runs.append(try sequence.run(direction)) }
    func stacked(_ values: [Node]) throws(GraphError) -> Node {
      try Node.stacked(values, alongAxis: 0)
    }
    let results = [
      try Node.concatenated(runs.map(\.hidden), alongAxis: -1),
      try stacked(runs.map(\.finalHidden)), try stacked(runs.map(\.finalCell)),
    ]
    return keepsGates
      ? results + [try stacked(runs.map(\.cells)), try stacked(runs.map(\.gates))] : results
  }
}

/// The weights of one direction of an LSTM.
public struct LSTMWeights {
  /// The factors of the input, `[inputs, 4·units]`, gates in the order i, f, g, o.
  public var kernel: Node
  /// The factors of the hidden state, `[units, 4·units]`.
  public var recurrentKernel: Node
  /// What is added to the gates, `[4·units]`.
  public var bias: Node

  public init(kernel: Node, recurrentKernel: Node, bias: Node) {
    self.kernel = kernel
    self.recurrentKernel = recurrentKernel
    self.bias = bias
  }
}

/// The state of an LSTM: `[directions, batch, units]` each.
public struct LSTMState {
  public var hidden: Node
  public var cell: Node

  public init(hidden: Node, cell: Node) {
    self.hidden = hidden
    self.cell = cell
  }
}

extension Node {
  /// The hidden values of an LSTM over these sequences, and its state at the end.
  ///
  /// - Shapes: `[batch, steps, inputs]` → hidden `[batch, steps, directions·units]`.
  /// - Parameters:
  ///   - weights: those of each direction.
  ///   - initial: the state before the first step, zeros where nil.
  ///   - lengths: how many steps of each sequence count, int32 `[batch]`; all where nil.
  public func lstm(
    _ weights: [LSTMWeights], directions: [LSTMDirection] = [.forward],
    from initial: LSTMState? = nil, lengths: Node? = nil
  ) throws(GraphError) -> (hidden: Node, final: LSTMState) {
    guard let first = weights.first, weights.count == directions.count else {
      throw GraphError(
        LSTMSequence.name,
        .setting("\(weights.count) sets of weights for \(directions.count) directions"))
    }
    let batch = try extent(ofAxis: 0, named: LSTMSequence.name)
    let units = try first.recurrentKernel.extent(ofAxis: 0, named: LSTMSequence.name)
    let zeros = try Node.filled(
      0, like: TensorType([weights.count, batch, units], first.bias.dataType))
    var operands = [self]
    for set in weights { operands += [set.kernel, set.recurrentKernel, set.bias] }
    operands += [initial?.hidden ?? zeros, initial?.cell ?? zeros]
    if let lengths { operands.append(lengths) }
    let outputs = try LSTMSequence(directions: directions).outputs(of: operands)
    return (outputs[0], LSTMState(hidden: outputs[1], cell: outputs[2]))
  }
}
