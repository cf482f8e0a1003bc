import ApusGraph
import ApusTensors

/// A bound on gradients before they are used.
public enum GradientClipping: Sendable, Hashable {
  /// Each number is brought into `−bound...bound`.
  case value(Double)
  /// All gradients are scaled alike, so that the norm of all numbers together is at most `bound`.
  ///
  /// `g · bound / max(‖g‖₂, bound)`. Pascanu et al. (2012), arXiv:1211.5063.
  case globalNorm(Double)

  /// The clipped gradients.
  public func callAsFunction(_ gradients: [Node]) throws(GraphError) -> [Node] {
    switch self {
    case .value(let bound):
      try requirePositive(bound)
      var clipped: [Node] = []
      for gradient in gradients {
        clipped.append(try gradient.clipped(lower: -bound, upper: bound))
      }
      return clipped
    case .globalNorm(let bound):
      try requirePositive(bound)
      let norm = try jointNorm(of: gradients)
      let scale = try bound / Node.maximum(norm, bound)
      var clipped: [Node] = []
      for gradient in gradients { clipped.append(try gradient * scale) }
      return clipped
    }
  }

  private func requirePositive(_ bound: Double) throws(GraphError) {
    guard bound > 0, bound.isFinite else {
      throw GraphError(
        "gradientClipping", .setting("the bound must be a number above 0, got \(bound)"))
    }
  }
}

/// `‖g‖₂` over all numbers of all gradients.
func jointNorm(of gradients: [Node]) throws(GraphError) -> Node {
  var squares = try Node.constant(0)
  for gradient in gradients { squares = try squares + gradient.squared().sum() }
  return try squares.squareRoot()
}
