import ApusGraph
import ApusTensors

/// The sum of a branch and a shortcut, `y = branch(x) + shortcut(x)`.
///
/// Without a shortcut it is `branch(x) + x`. The scopes are called `branch` and `shortcut`.
///
/// - Shapes: branch and shortcut give values of one shape.
///
/// Reference: He et al. (2015), "Deep residual learning for image recognition", arXiv:1512.03385.
public struct Residual: Layer {
  public let branch: any Layer
  public let shortcut: (any Layer)?

  public init(_ branch: any Layer, shortcut: (any Layer)? = nil) {
    self.branch = branch
    self.shortcut = shortcut
  }

  /// A branch of layers one after the other.
  public init(shortcut: (any Layer)? = nil, @LayerBuilder _ branch: () -> [any Layer]) {
    self.init(Sequential(branch()), shortcut: shortcut)
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let change = try scope.apply(branch, named: "branch", to: input)
    var kept = input
    if let shortcut { kept = try scope.apply(shortcut, named: "shortcut", to: input) }
    guard change.type == kept.type else {
      throw GraphError(
        "residual", .shapesDiffer(change.shape, kept.shape),
        [.init(name: "branch", type: change.type), .init(name: "shortcut", type: kept.type)])
    }
    return try change + kept
  }
}
