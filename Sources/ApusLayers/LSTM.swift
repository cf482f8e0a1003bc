import ApusGraph
import ApusTensors

/// A long short-term memory over sequences; ``LSTMSequence`` has its formulas.
///
/// - Shapes: `[batch, steps, features]` → the last hidden state `[batch, units]`, or those of all
///   steps `[batch, steps, units]`.
/// - Learns, in the scope `lstm_cell`: `kernel: [features, 4·units]`, Glorot uniform;
///   `recurrent_kernel: [units, 4·units]`, orthogonal; `bias: [4·units]`, zeros, but ones for the
///   forget gates. Gates stand in the order input, forget, cell, output.
///
/// Names, shapes and defaults are those of Keras' `LSTM`. A backward one is Keras' with
/// `go_backwards`, but its hidden states stay beside the steps they belong to.
///
/// Reference: Hochreiter, Schmidhuber (1997), "Long short-term memory", Neural Computation 9(8).
public struct LSTM: Layer {
  public var units: Int
  /// Whether the value is the hidden states of all steps rather than the last one.
  public var returnsSequences: Bool
  public var direction: LSTMDirection
  public var usesBias: Bool
  /// Whether the forget gates' biases start at one.
  ///
  /// Reference: Jozefowicz, Zaremba, Sutskever (2015), ICML 32.
  public var hasUnitForgetBias: Bool
  public var kernelInitializer: Initializer
  public var recurrentInitializer: Initializer

  public init(
    _ units: Int, returnsSequences: Bool = false, direction: LSTMDirection = .forward,
    usesBias: Bool = true, hasUnitForgetBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform,
    recurrentInitializer: Initializer = .orthogonal()
  ) {
    self.units = units
    self.returnsSequences = returnsSequences
    self.direction = direction
    self.usesBias = usesBias
    self.hasUnitForgetBias = hasUnitForgetBias
    self.kernelInitializer = kernelInitializer
    self.recurrentInitializer = recurrentInitializer
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try callAsFunction(input, lengths: nil, in: scope)
  }

  /// The layer's value where only the first steps of each sequence count.
  ///
  /// The last hidden state is that after the last step that counts; hidden states of steps that do
  /// not count are zero.
  /// - Parameter lengths: the steps that count, int32 `[batch]`; all where nil.
  public func callAsFunction(
    _ input: Node, lengths: Node?, in scope: Scope
  ) throws(GraphError) -> Node {
    let (hidden, final) = try sequences(input, lengths: lengths, in: scope)
    return returnsSequences ? hidden : try final.hidden.removingAxis(0)
  }

  /// The hidden states of all steps and the state at the end, `[1, batch, units]`.
  ///
  /// - Parameter initial: the state before the first step, zeros where nil.
  public func sequences(
    _ input: Node, from initial: LSTMState? = nil, lengths: Node? = nil, in scope: Scope
  ) throws(GraphError) -> (hidden: Node, final: LSTMState) {
    try input.lstm(
      [weights(for: input, in: scope)], directions: [direction], from: initial, lengths: lengths)
  }

  /// The parameters for inputs such as `input`.
  func weights(for input: Node, in scope: Scope) throws(GraphError) -> LSTMWeights {
    try requirePositive(units, "units", in: "lstm")
    guard input.shape.rank == 3 else {
      throw GraphError(
        "lstm", .rank(expected: "3", actual: input.shape.rank),
        [.init(name: "input", type: input.type, axes: "batch, step, feature")])
    }
    let features = input.shape[2]
    let cell = scope.scope("lstm_cell")
    let gates = try layerShape([4, units], in: "lstm").count
    let kernel = try cell.parameter(
      "kernel", layerShape([features, gates], in: "lstm"), initializer: kernelInitializer)
    let recurrent = try cell.parameter(
      "recurrent_kernel", layerShape([units, gates], in: "lstm"),
      initializer: recurrentInitializer)
    let bias =
      usesBias
      ? try cell.parameter(
        "bias", [gates], initializer: hasUnitForgetBias ? .unitForgetBias : .zeros)
      : try Node.filled(0, like: TensorType([gates]))
    return LSTMWeights(kernel: kernel, recurrentKernel: recurrent, bias: bias)
  }
}
