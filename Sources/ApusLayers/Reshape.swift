import ApusGraph
import ApusTensors

/// Another shape for each example.
///
/// - Shapes: `[batch, d…]` → `[batch, extents…]`; one extent may be −1, and is then what is left.
public struct Reshape: Layer {
  public var extents: [Int]

  public init(_ extents: [Int]) { self.extents = extents }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let batch = try input.extent(ofAxis: 0, named: "reshape")
    let count = input.shape.extents.dropFirst().reduce(1, *)
    let known = extents.filter { $0 != -1 }
    let unknown = extents.count - known.count
    guard unknown <= 1, let inner = Shape(checking: known) else {
      throw GraphError("reshape", .setting("\(extents) is no shape with at most one −1"))
    }
    guard unknown == 0 || (inner.count > 0 && count.isMultiple(of: inner.count)) else {
      throw GraphError("reshape", .countsDiffer(input.shape, inner))
    }
    let filled = extents.map { $0 == -1 ? count / inner.count : $0 }
    return try input.reshaped(to: .checked([batch] + filled, in: "reshape"))
  }
}
