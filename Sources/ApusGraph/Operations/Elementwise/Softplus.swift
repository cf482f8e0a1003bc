import ApusTensors

/// The smooth ramp, `log(1 + eˣ)`, computed as `max(x, 0) + log1p(e^(−|x|))`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = σ(x)·g`.
public struct Softplus: UnaryFunction {
  public static let name = "softplus"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try input.sigmoid() * gradient
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let tail = try (-inputs[0].absolute()).exponential().log1p()
    return [try inputs[0].relu() + tail]
  }
}

extension Node {
  /// `log(1 + eˣ)` of each element, without overflow.
  public func softplus() throws(GraphError) -> Node { try Softplus()(self) }
}
