import ApusTensors

/// A named tensor that outlives a step: a weight, a running statistic, an optimizer's slot.
///
/// Its numbers live in the engine's `VariableStore`; two variables are equal only if they are the
/// same object.
public final class Variable: Sendable {
  /// The name in checkpoints, summaries and errors, such as `conv_dw_1/depthwise_kernel`.
  public let name: String
  public let type: TensorType
  /// Whether an optimizer changes it.
  public let isTrainable: Bool

  public init(_ name: String, _ type: TensorType, isTrainable: Bool) {
    self.name = name
    self.type = type
    self.isTrainable = isTrainable
  }
}

extension Variable: Hashable {
  public static func == (first: Variable, second: Variable) -> Bool { first === second }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// The value of a variable at the start of a step.
public struct VariableValue: Operation {
  public static let name = "variable"
  public let variable: Variable

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] { [variable.type] }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    []
  }
}

extension Node {
  /// The value of `variable` at the start of a step.
  ///
  /// Ask for it once per graph and share the node: derivatives are taken with respect to a node.
  public static func value(of variable: Variable) throws(GraphError) -> Node {
    try VariableValue(variable: variable)()
  }
}
