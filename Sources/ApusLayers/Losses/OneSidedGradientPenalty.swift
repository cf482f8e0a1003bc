import ApusGraph
import ApusTensors

/// A penalty on a critic whose slope exceeds one: `λ·max(‖∇ₓ D(x)‖₂ − 1, 0)` for each example.
///
/// The slope is a derivative in the graph, so the penalty's own derivative with respect to the
/// critic's weights is a second derivative of `D`. It is zero, not NaN, where the slope vanishes.
///
/// - Shapes: values `D(x)` with the batch first, points `x: [batch, d…]` → `[batch]`. An example's
///   value must depend on its own point alone.
///
/// Reference: Petzka, Fischer, Lukovnikov (2018), "On the regularization of Wasserstein GANs",
/// arXiv:1709.08894, which squares the excess.
public struct OneSidedGradientPenalty: Sendable, Hashable {
  /// `λ`, how much an excess of one costs.
  public var weight: Double

  public init(weight: Double = 10) { self.weight = weight }

  public func callAsFunction(
    of values: Node, at points: Node
  ) throws(GraphError) -> Node {
    guard points.shape.rank >= 2, values.shape.rank >= 1, values.shape[0] == points.shape[0] else {
      throw GraphError(
        "oneSidedGradientPenalty", .shapesDiffer(values.shape, points.shape),
        [
          .init(name: "values", type: values.type, axes: "batch, …"),
          .init(name: "points", type: points.type, axes: "batch, …"),
        ])
    }
    let slopes = try gradients(of: values, with: [points])[0]
    let norms = try slopes.norm(overAxes: Array(1..<points.shape.rank))
    return try (norms - 1).relu() * weight
  }
}
