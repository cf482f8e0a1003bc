import ApusGraph
import ApusTensors

/// Gradients taken where the loss is nearly the highest around the weights, so that training ends in wide
/// valleys: `g = ∇L(w + ρ·∇L(w)/‖∇L(w)‖₂)`, the norm over all trained numbers together.
///
/// The direction comes from the loss of the batch's first rows, a share of them, with that of auxiliary
/// classifiers and without the penalty that the recipe may add: climbing needs no more, and the step takes only
/// so much longer. Where several machines train together each climbs by its own rows. The loss and the metrics
/// that a step reports are those at the top: higher and lower than at the weights.
///
/// Reference: Foret, Kleiner, Mobahi, Neyshabur (2021), "Sharpness-aware minimization for efficiently improving
/// generalization", ICLR; climbing on a part of the batch: Brock, De, Smith, Simonyan (2021), "High-performance
/// large-scale image recognition without normalization", ICML.
public struct SharpnessAwareness: Sendable, Hashable {
  /// `ρ`, how far the weights move, as a norm.
  public var radius: Double
  /// The share of a batch's rows, the first ones, that give the direction.
  public var share: Double

  public init(radius: Double = 0.1, share: Double = 1) {
    self.radius = radius
    self.share = share
  }

  static let name = "sharpnessAwareness"

  /// The values of parameters at the top of the climb.
  ///
  /// - Parameter gradients: those of the parameters, in their order.
  func top(of values: [Node], along gradients: [Node]) throws(GraphError) -> [Node] {
    guard radius > 0, radius.isFinite else {
      throw GraphError(Self.name, .setting("the radius must be positive, got \(radius)"))
    }
    let scale = try radius / Node.maximum(jointNorm(of: gradients), 1e-12)
    var top: [Node] = []
    for (value, gradient) in zip(values, gradients) { top.append(try value + gradient * scale) }
    return top
  }

  /// The rows of a batch of `count` that give the direction, at least one.
  func rows(of count: Int) throws(GraphError) -> Int {
    guard share > 0, share <= 1 else {
      throw GraphError(
        Self.name, .setting("the share must be above 0 and at most 1, got \(share)"))
    }
    return min(count, max(1, Int((Double(count) * share).rounded(.up))))
  }
}
