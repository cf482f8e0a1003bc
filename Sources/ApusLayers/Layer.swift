import ApusGraph
import ApusTensors

/// A function of one value with named parameters.
///
/// A layer is a description: it holds settings and no numbers, and asks the ``Scope`` it is called
/// in for its parameters by name. The same layer called in two scopes has two sets of parameters.
public protocol Layer: Sendable {
  /// What summaries and automatic names call the layer, such as `Conv2D`.
  var kind: String { get }

  /// The value of the layer at `input`.
  func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node
}

extension Layer {
  public var kind: String { String(describing: Self.self) }

  /// The layer under a name of its own, for ``Sequential``.
  public func named(_ name: String) -> NamedLayer { NamedLayer(name, self) }
}

/// A layer and the name of the scope it is called in.
public struct NamedLayer: Layer {
  /// The name of the scope, the first part of the parameters' names.
  public let name: String
  public let layer: any Layer

  public init(_ name: String, _ layer: any Layer) {
    self.name = name
    self.layer = layer
  }

  public var kind: String { layer.kind }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try scope.apply(layer, named: name, to: input)
  }
}
