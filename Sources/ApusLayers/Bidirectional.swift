import ApusGraph
import ApusTensors

/// An LSTM in both directions with weights of their own, the values laid side by side.
///
/// - Shapes: `[batch, steps, features]` → `[batch, 2·units]`, or `[batch, steps, 2·units]` where the
///   layer returns sequences.
/// - Learns: what ``LSTM`` does, in the scopes `forward_lstm` and `backward_lstm`.
///
/// Names and defaults are those of Keras' `Bidirectional` with `merge_mode="concat"`.
///
/// Reference: Schuster, Paliwal (1997), "Bidirectional recurrent neural networks", IEEE Transactions
/// on Signal Processing 45(11).
public struct Bidirectional: Layer {
  /// The layer in forward direction; its own direction does not count.
  public var layer: LSTM

  public init(_ layer: LSTM) { self.layer = layer }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try callAsFunction(input, lengths: nil, in: scope)
  }

  /// The layer's value where only the first steps of each sequence count.
  ///
  /// The backward direction begins at the last of them.
  /// - Parameter lengths: the steps that count, int32 `[batch]`; all where nil.
  public func callAsFunction(
    _ input: Node, lengths: Node?, in scope: Scope
  ) throws(GraphError) -> Node {
    let (hidden, final) = try sequences(input, lengths: lengths, in: scope)
    guard !layer.returnsSequences else { return hidden }
    let batch = input.shape[0]
    return try final.hidden.transposed(0, 1).reshaped(to: [batch, 2 * layer.units])
  }

  /// The hidden states of all steps and the states at the end, `[2, batch, units]`.
  ///
  /// - Parameter initial: the states before the first step, zeros where nil.
  public func sequences(
    _ input: Node, from initial: LSTMState? = nil, lengths: Node? = nil, in scope: Scope
  ) throws(GraphError) -> (hidden: Node, final: LSTMState) {
    let weights = [
      try layer.weights(for: input, in: scope.scope("forward_lstm")),
      try layer.weights(for: input, in: scope.scope("backward_lstm")),
    ]
    return try input.lstm(
      weights, directions: [.forward, .backward], from: initial, lengths: lengths)
  }
}
