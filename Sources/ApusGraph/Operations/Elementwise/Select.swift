import ApusTensors

/// The elements of `a` where a condition holds, those of `b` elsewhere.
///
/// - Shapes: `condition: bool [d…]`, `a: [d…]`, `b: [d…]` → `[d…]`.
/// - Derivative: `g` goes to the chosen operand, zero to the other one.
public struct Select: Operation {
  public static let name = "select"

  public init() {}

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(3, in: Self.name)
    try inputs[0].expect(.bool, of: "condition", in: Self.name)
    guard inputs[0].shape == inputs[1].shape else {
      throw GraphError(
        Self.name, .shapesDiffer(inputs[0].shape, inputs[1].shape),
        [.init(name: "condition", type: inputs[0]), .init(name: "values", type: inputs[1])])
    }
    return [try inputs[1].equal(to: inputs[2], in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil, nil, nil] }
    let zero = try Node.filled(0, like: gradient.type)
    let condition = node.inputs[0]
    return [nil, try self(condition, gradient, zero), try self(condition, zero, gradient)]
  }
}

extension Node {
  /// The elements of `first` where `condition` holds, else those of `second`; all are broadcast.
  public static func select(
    _ condition: Node, _ first: Node, _ second: Node
  ) throws(GraphError) -> Node {
    let (_, widened) = try broadcastTogether(first, second, in: Select.name)
    let (condition, value) = try broadcastTogether(condition, widened, in: Select.name)
    return try Select()(
      condition, first.broadcast(to: value.shape), second.broadcast(to: value.shape))
  }
}
