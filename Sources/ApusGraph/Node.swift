import ApusTensors
import Synchronization

/// A value in a graph: one output of an operation applied to other values.
public struct Node: Hashable {
  package let application: Application
  /// Which output of the operation.
  package let index: Int

  package init(_ application: Application, index: Int = 0) {
    self.application = application
    self.index = index
  }

  /// The shape and data type of the value.
  public var type: TensorType { application.types[index] }
  public var shape: Shape { type.shape }
  public var dataType: DataType { type.dataType }

  /// The values the operation was applied to.
  public var inputs: [Node] { application.inputs }

  /// The operation this value is an output of.
  public var operation: any Operation { application.operation }

  /// Another output of the same application.
  public func output(_ index: Int) -> Node { Node(application, index: index) }

  /// The extent of one axis; negative axes count from the end.
  ///
  /// - Throws: ``GraphError`` with the axis' name where the value has no such axis.
  public func extent(ofAxis axis: Int, named name: String) throws(GraphError) -> Int {
    let position = axis < 0 ? axis + shape.rank : axis
    guard shape.extents.indices.contains(position) else {
      throw GraphError(
        name, .axisOutOfRange(axis: axis, rank: shape.rank), [.init(name: "input", type: type)])
    }
    return shape[position]
  }
}

/// One application of an operation: the unit that is planned and run.
package final class Application {
  package let operation: any Operation
  package let inputs: [Node]
  package let types: [TensorType]
  /// Grows with every application, so inputs always have smaller numbers.
  package let number: Int

  private static let count = Atomic<Int>(0)

  /// Applies `operation`, checking that it can take the inputs.
  package init(_ operation: any Operation, _ inputs: [Node]) throws(GraphError) {
    self.operation = operation
    self.inputs = inputs
    types = try operation.types(of: inputs.map(\.type))
    number = Application.count.add(1, ordering: .relaxed).newValue
  }

  package var outputs: [Node] { types.indices.map { Node(self, index: $0) } }
}

extension Application: Hashable {
  package static func == (first: Application, second: Application) -> Bool { first === second }
  package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension Operation {
  /// The first output of the operation applied to `inputs`.
  ///
  /// - Throws: what ``Operation/types(of:)`` throws.
  public func callAsFunction(_ inputs: Node...) throws(GraphError) -> Node {
    Node(try Application(self, inputs))
  }

  /// All outputs of the operation applied to `inputs`.
  ///
  /// - Throws: what ``Operation/types(of:)`` throws.
  public func outputs(of inputs: [Node]) throws(GraphError) -> [Node] {
    try Application(self, inputs).outputs
  }
}
