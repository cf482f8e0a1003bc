import ApusTensors

/// An operation that maps each element of one real tensor by itself.
///
/// - Shapes: `x: [d…]` → `[d…]`.
public protocol UnaryFunction: Operation {
  /// The derivative `f′(x)·g` at `input`; nil where `f′` is zero almost everywhere.
  ///
  /// `output` is `f(x)`, for functions whose derivative is made of it.
  func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node?
}

extension UnaryFunction {
  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    [try inputs.only(in: Self.name).floatingPoint(in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil] }
    return [try derivative(at: node.inputs[0], giving: node, along: gradient)]
  }
}

/// An operation that maps each pair of elements of two tensors of the same type by itself.
///
/// - Shapes: `a: [d…]`, `b: [d…]` → `[d…]`; operators broadcast their operands first.
public protocol BinaryFunction: Operation {
  /// The derivatives with respect to both operands; nil where zero almost everywhere.
  func derivatives(at node: Node, along gradient: Node) throws(GraphError) -> (Node?, Node?)
}

extension BinaryFunction {
  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    [try inputs.equal(2, in: Self.name).numeric(in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil, nil] }
    let (first, second) = try derivatives(at: node, along: gradient)
    return [first, second]
  }
}
