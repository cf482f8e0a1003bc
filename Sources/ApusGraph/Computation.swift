/// What an engine plans and runs: (state, inputs) → (state, outputs).
public struct Computation {
  /// The placeholders, in the order their tensors are given.
  public var inputs: [Node]
  public var outputs: [Node]
  /// The new value of each variable that a run changes, made of the values before the run.
  public var updates: [Update]

  public struct Update {
    public let variable: Variable
    public let value: Node

    public init(_ variable: Variable, to value: Node) {
      self.variable = variable
      self.value = value
    }
  }

  public init(inputs: [Node], outputs: [Node], updates: [Update] = []) {
    self.inputs = inputs
    self.outputs = outputs
    self.updates = updates
  }
}
