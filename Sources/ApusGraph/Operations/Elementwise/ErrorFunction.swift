import ApusTensors

/// The error function, `erf x = 2/√π · ∫₀ˣ e^(−t²) dt`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = 2/√π · e^(−x²)·g`.
public struct ErrorFunction: UnaryFunction {
  public static let name = "errorFunction"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try (-input.squared()).exponential() * gradient * (2 / Double.pi.squareRoot())
  }
}

extension Node {
  /// The error function of each element.
  public func errorFunction() throws(GraphError) -> Node { try ErrorFunction()(self) }
}
