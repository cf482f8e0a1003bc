import ApusTensors
import Synchronization

/// A value that is given when the graph is run: a batch, a learning rate, a random key.
public struct Placeholder: Operation {
  public static let name = "placeholder"
  public let label: String
  public let type: TensorType
  /// Tells placeholders of the same label and type apart.
  private let number: Int

  private static let count = Atomic<Int>(0)

  public init(_ label: String, _ type: TensorType) {
    self.label = label
    self.type = type
    number = Placeholder.count.add(1, ordering: .relaxed).newValue
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] { [type] }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    []
  }
}

extension Node {
  /// A value that is given when the graph is run.
  public static func placeholder(_ label: String, _ type: TensorType) throws(GraphError) -> Node {
    try Placeholder(label, type)()
  }
}
