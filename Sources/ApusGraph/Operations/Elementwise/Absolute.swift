import ApusTensors

/// The magnitude, `|x|`.
///
/// - Shapes: `x: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂x = sign(x)·g`, so zero at zero.
public struct Absolute: UnaryFunction {
  public static let name = "absolute"

  public init() {}

  public func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? {
    try input.sign() * gradient
  }
}

extension Node {
  /// The magnitude of each element.
  public func absolute() throws(GraphError) -> Node { try Absolute()(self) }
}
