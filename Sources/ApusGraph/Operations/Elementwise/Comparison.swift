import ApusTensors

/// Whether a relation holds between each pair of elements; false where one is NaN, but for `≠`.
///
/// - Shapes: `a: [d…]`, `b: [d…]` of one data type → `bool [d…]`.
/// - Derivative: none; a truth value does not change with its operands.
public struct Comparison: Operation {
  public static let name = "comparison"
  public let relation: Relation

  /// What is asked of a pair of numbers.
  public enum Relation: String, Sendable, Hashable, CaseIterable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
  }

  public init(_ relation: Relation) { self.relation = relation }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    [TensorType(try inputs.equal(2, in: Self.name).shape, .bool)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [nil, nil]
  }
}

extension Node {
  private static func compare(
    _ first: Node, _ relation: Comparison.Relation, _ second: Node
  ) throws(GraphError) -> Node {
    let (first, second) = try broadcastTogether(first, second, in: Comparison.name)
    return try Comparison(relation)(first, second)
  }

  private func compare(
    _ relation: Comparison.Relation, _ number: Double
  ) throws(GraphError) -> Node {
    try Node.compare(self, relation, Node.constant(number, dataType))
  }

  /// Whether `self = other`, element by element; the smaller operand is broadcast.
  public func isEqual(to other: Node) throws(GraphError) -> Node {
    try Node.compare(self, .equal, other)
  }

  /// Whether each element is `number`.
  public func isEqual(to number: Double) throws(GraphError) -> Node { try compare(.equal, number) }

  /// Whether `self ≠ other`, element by element; the smaller operand is broadcast.
  public func isNotEqual(to other: Node) throws(GraphError) -> Node {
    try Node.compare(self, .notEqual, other)
  }

  /// Whether each element is not `number`.
  public func isNotEqual(to number: Double) throws(GraphError) -> Node {
    try compare(.notEqual, number)
  }

  /// Whether `self < other`, element by element; the smaller operand is broadcast.
  public func isLess(than other: Node) throws(GraphError) -> Node {
    try Node.compare(self, .less, other)
  }

  /// Whether each element is less than `number`.
  public func isLess(than number: Double) throws(GraphError) -> Node { try compare(.less, number) }

  /// Whether `self ≤ other`, element by element; the smaller operand is broadcast.
  public func isAtMost(_ other: Node) throws(GraphError) -> Node {
    try Node.compare(self, .lessOrEqual, other)
  }

  /// Whether each element is at most `number`.
  public func isAtMost(_ number: Double) throws(GraphError) -> Node {
    try compare(.lessOrEqual, number)
  }

  /// Whether `self > other`, element by element; the smaller operand is broadcast.
  public func isGreater(than other: Node) throws(GraphError) -> Node {
    try Node.compare(self, .greater, other)
  }

  /// Whether each element is greater than `number`.
  public func isGreater(than number: Double) throws(GraphError) -> Node {
    try compare(.greater, number)
  }

  /// Whether `self ≥ other`, element by element; the smaller operand is broadcast.
  public func isAtLeast(_ other: Node) throws(GraphError) -> Node {
    try Node.compare(self, .greaterOrEqual, other)
  }

  /// Whether each element is at least `number`.
  public func isAtLeast(_ number: Double) throws(GraphError) -> Node {
    try compare(.greaterOrEqual, number)
  }
}
