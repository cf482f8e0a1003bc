import ApusTensors

/// The gradient of a clip: `g` where `lower < x < upper`, zero elsewhere.
///
/// An operation of its own so that engines can make the mask again from `x` instead of storing it.
/// - Shapes: `x: [d…]`, `g: [d…]` → `[d…]`.
/// - Derivative: `∂g` is the same operation on the incoming gradient; `∂x` is zero almost
///   everywhere.
public struct ClipGradient: Operation {
  public static let name = "clipGradient"
  public let lower: Double
  public let upper: Double

  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    [try inputs.equal(2, in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil, nil] }
    return [nil, try self(node.inputs[0], gradient)]
  }
}
