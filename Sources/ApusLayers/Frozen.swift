import ApusGraph
import ApusTensors

/// A layer whose weights stay as they are: it is called in a frozen scope (``Scope/frozen``).
///
/// ```swift
/// let model = Sequential {
///   Frozen(Xception(includesTop: false)).named("xception")
///   GlobalAveragePooling2D()
///   Dense(120)
/// }
/// ```
///
/// In a training step the layer computes what it computes in inference (batch normalization takes
/// its running statistics, dropout drops nothing), its weights have no gradients and no update, and
/// its running statistics do not move. Gradients pass through it to layers before it. Whether it is
/// frozen belongs to the call and not to the weights: a later step of the same model without
/// `Frozen` trains them.
public struct Frozen<Inner: Layer>: Layer {
  public var layer: Inner

  public init(_ layer: Inner) { self.layer = layer }

  public var kind: String { layer.kind }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try layer(input, in: scope.frozen)
  }
}
