import ApusTensors

/// The value with each element zeroed with probability `rate`, the others scaled by `1/(1 − rate)`.
///
/// An element is kept where its uniform number (see ``RandomUniform``) is at least `rate`. The mask
/// is made again in the derivative rather than stored.
/// - Shapes: `x: [d…]`, `key: int64 [2]` → `[d…]`.
/// - Derivative: `∂x` is `g` under the same mask.
///
/// Reference: Srivastava et al. (2014), "Dropout: a simple way to prevent neural networks from
/// overfitting", JMLR 15.
package struct Dropout: Operation {
  package static let name = "dropout"
  package let rate: Double
  /// Tells the random numbers of one operation from those of another under the same key.
  package let stream: Int

  package init(rate: Double, stream: Int) {
    self.rate = rate
    self.stream = stream
  }

  package func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(2, in: Self.name)
    guard rate >= 0, rate < 1 else {
      throw GraphError(Self.name, .setting("the rate must be in 0..<1, got \(rate)"))
    }
    try expectStream(stream, in: Self.name)
    try inputs[1].expectRandomKey(in: Self.name)
    return [try inputs[0].floatingPoint(in: Self.name)]
  }

  package func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil, nil] }
    return [try self(gradient, node.inputs[1]), nil]
  }
}

extension Node {
  /// The value with each element zeroed with probability `rate`, the others scaled.
  public func dropout(rate: Double, key: Node, stream: Int) throws(GraphError) -> Node {
    let dropped = try Dropout(rate: rate, stream: stream)(self, key)
    return rate == 0 ? self : dropped
  }
}
