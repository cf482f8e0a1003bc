import ApusTensors

/// The logistic function, `σ(x) = 1/(1 + e⁻ˣ)`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = σ(x)·(1 − σ(x))·g`.
public struct Sigmoid: UnaryFunction {
  public static let name = "sigmoid"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try output * (1 - output) * gradient
  }
}

extension Node {
  /// The logistic function of each element.
  public func sigmoid() throws(GraphError) -> Node { try Sigmoid()(self) }
}
