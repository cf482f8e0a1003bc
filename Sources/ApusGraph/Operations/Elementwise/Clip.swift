import ApusTensors

/// The value held between two bounds, `min(max(x, lower), upper)`; NaN stays NaN.
///
/// - Shapes: `x: [d…]` → `[d…]`.
/// - Derivative: `g` where `lower < x < upper`, zero elsewhere, the bounds included, but infinity
///   bounds nothing; see ``ClipGradient``.
public struct Clip: Operation {
  public static let name = "clip"
  public let lower: Double
  public let upper: Double

  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    guard lower <= upper else {
      throw GraphError(
        Self.name, .setting("the lower bound \(lower) is not at most the upper bound \(upper)"))
    }
    return [try inputs.only(in: Self.name).floatingPoint(in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil] }
    return [try ClipGradient(lower: lower, upper: upper)(node.inputs[0], gradient)]
  }
}

extension Node {
  /// Each element held between two bounds.
  public func clipped(lower: Double = -.infinity, upper: Double = .infinity) throws(GraphError)
    -> Node
  {
    try Clip(lower: lower, upper: upper)(self)
  }
}
