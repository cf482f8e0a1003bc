import ApusGraph
import ApusTensors

/// A layer made of a closure, for branches, sums and whatever a ``Sequential`` cannot say.
///
/// ```swift
/// let inception = Block("Inception") { (x, scope) throws(GraphError) in
///   let narrow = try scope.apply(Conv2D(64, kernel: 1), named: "narrow", to: x)
///   let wide = try scope.apply(Conv2D(64, kernel: 3, padding: .same), named: "wide", to: x)
///   return try Node.concatenated([narrow, wide], alongAxis: -1)
/// }
/// ```
public struct Block: Layer {
  /// The function a block computes in its scope.
  public typealias Body = @Sendable (_ input: Node, _ scope: Scope) throws(GraphError) -> Node

  public let kind: String
  private let body: Body

  public init(_ kind: String, _ body: @escaping Body) {
    self.kind = kind
    self.body = body
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try body(input, scope)
  }
}
