import ApusGraph
import ApusTensors

/// A penalty on the slope `s = ‖∇ₓ D(x)‖₂` of a critic, for each example.
///
/// The slope is a derivative in the graph, so the penalty's own derivative with respect to the
/// critic's weights is a second derivative of `D`. It is zero, not NaN, where the slope vanishes.
///
/// - Shapes: values `D(x)` with the batch first, points `x: [batch, d…]` → `[batch]`. An example's
///   value must depend on its own point alone.
public struct GradientPenalty: Sendable, Hashable {
  /// Which slopes cost what; `λ` is the weight.
  public enum Form: Sendable, Hashable {
    /// `λ·max(s − 1, 0)`
    case oneSided
    /// `λ·max(s − 1, 0)²`: the Lipschitz penalty of Petzka, Fischer, Lukovnikov (2018), "On the
    /// regularization of Wasserstein GANs", arXiv:1709.08894.
    case squaredOneSided
    /// `λ·(s − 1)²`. Gulrajani et al. (2017), "Improved training of Wasserstein GANs",
    /// arXiv:1704.00028.
    case squaredTwoSided
  }

  public var form: Form
  /// `λ`, how much an excess of one costs.
  public var weight: Double

  public init(_ form: Form = .oneSided, weight: Double = 10) {
    self.form = form
    self.weight = weight
  }

  public func callAsFunction(
    of values: Node, at points: Node
  ) throws(GraphError) -> Node {
    try callAsFunction(ofSlopes: Self.slopes(of: values, at: points))
  }

  /// The penalty on slopes, `[batch]` → `[batch]`.
  package func callAsFunction(ofSlopes slopes: Node) throws(GraphError) -> Node {
    let excess = try slopes - 1
    return switch form {
    case .oneSided: try excess.relu() * weight
    case .squaredOneSided: try excess.relu().squared() * weight
    case .squaredTwoSided: try excess.squared() * weight
    }
  }

  /// The slopes `‖∇ₓ D(x)‖₂` of values at points, `[batch]`.
  package static func slopes(of values: Node, at points: Node) throws(GraphError) -> Node {
    guard points.shape.rank >= 2, values.shape.rank >= 1, values.shape[0] == points.shape[0] else {
      throw GraphError(
        "gradientPenalty", .shapesDiffer(values.shape, points.shape),
        [
          .init(name: "values", type: values.type, axes: "batch, …"),
          .init(name: "points", type: points.type, axes: "batch, …"),
        ])
    }
    let slopes = try gradients(of: values, with: [points])[0]
    return try slopes.norm(overAxes: Array(1..<points.shape.rank))
  }
}
