import ApusTensors

/// A function of tensors: what types it takes and gives, and its derivative.
///
/// An operation is a value: its attributes are its stored properties, and two equal operations with
/// equal inputs give equal outputs. Its kernels live in `ApusKernels`, looked up by ``name``.
public protocol Operation: Hashable, Sendable {
  /// The name by which kernels, errors and profiles know the operation.
  static var name: String { get }

  /// The types of the outputs, or an error that says why the inputs cannot be taken.
  func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType]

  /// The derivative of a scalar with respect to each input of `node`.
  ///
  /// `gradients` holds the scalar's derivative with respect to each output, nil where it does not
  /// depend on it. The result has one entry per input, nil where the scalar does not depend on it.
  /// By default it is the derivative of the ``decomposition(of:)``; an operation with neither
  /// throws and names itself.
  func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?]

  /// The outputs made of smaller operations, a big operation's definition; nil where there is none.
  func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]?
}

extension Operation {
  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? { nil }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let outputs = try decomposition(of: node.inputs) else {
      throw GraphError(
        Self.name, .noDerivative("any input"),
        node.inputs.map { .init(name: "input", type: $0.type) })
    }
    let derivatives = try gradientsWhereDependent(of: outputs, along: gradients, with: node.inputs)
    // An input that is given twice has one derivative, the sum over its uses: it counts once.
    return node.inputs.indices.map { index in
      node.inputs.firstIndex(of: node.inputs[index]) == index ? derivatives[index] : nil
    }
  }

  /// The name of the operation, from a value.
  package var name: String { Self.name }
}
