import ApusTensors

/// The value with the order along some axes turned round.
///
/// - Shapes: `x: [d…]` → `[d…]`.
/// - Derivative: `g` turned round.
public struct Reverse: Operation {
  public static let name = "reverse"
  /// The axes, ascending.
  public let axes: [Int]

  public init(axes: [Int]) { self.axes = axes }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let input = try inputs.only(in: Self.name)
    guard try input.shape.normalized(axes: axes, in: Self.name) == axes else {
      throw GraphError(Self.name, .setting("axes \(axes) are not ascending"))
    }
    return [input]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [try gradients[0]?.reversed(alongAxes: axes)]
  }
}

extension Node {
  /// The value with the order along `axes` turned round; itself where these are none.
  public func reversed(alongAxes axes: [Int]) throws(GraphError) -> Node {
    let axes = try shape.normalized(axes: axes, in: Reverse.name)
    return axes.isEmpty ? self : try Reverse(axes: axes)(self)
  }
}
