import ApusGraph
import ApusTensors

/// All axes but the first as one.
///
/// - Shapes: `[batch, d…]` → `[batch, Πd]`.
public struct Flatten: Layer {
  public init() {}

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let batch = try input.extent(ofAxis: 0, named: "flatten")
    let features = input.shape.extents.dropFirst().reduce(1, *)
    return try input.reshaped(to: [batch, features])
  }
}
