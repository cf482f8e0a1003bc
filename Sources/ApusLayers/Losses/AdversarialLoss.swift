import ApusGraph
import ApusTensors

/// What the two networks of a GAN minimize, from the critic's scores of real and generated
/// examples.
///
/// `r` are the scores of real examples, `f` those of generated ones, `[batch, 1]` each.
public enum AdversarialLoss: Sendable, Hashable {
  /// Critic `mean r − mean f`, generator `mean f`: here, as in no other loss, generated examples
  /// are to score higher than real ones.
  ///
  /// Reference: Arjovsky, Chintala, Bottou (2017), "Wasserstein GAN", arXiv:1701.07875.
  case wasserstein
  /// Critic `mean −log σ(r) + mean −log(1 − σ(f))`, generator `mean −log σ(f)` (the form that does
  /// not saturate).
  ///
  /// Reference: Goodfellow et al. (2014), "Generative adversarial nets", arXiv:1406.2661.
  case vanilla
  /// Critic `mean max(1 − r, 0) + mean max(1 + f, 0)`, generator `−mean f`.
  ///
  /// Reference: Lim, Ye (2017), "Geometric GAN", arXiv:1705.02894.
  case hinge
  /// Critic `(mean (r − 1)² + mean f²) / 2`, generator `mean (f − 1)² / 2`.
  ///
  /// Reference: Mao et al. (2016), "Least squares generative adversarial networks",
  /// arXiv:1611.04076.
  case leastSquares

  /// The critic's loss, a scalar.
  public func critic(real: Node, fake: Node) throws(GraphError) -> Node {
    switch self {
    case .wasserstein: try real.mean() - fake.mean()
    case .vanilla: try (-real).softplus().mean() + fake.softplus().mean()
    case .hinge: try (1 - real).relu().mean() + (1 + fake).relu().mean()
    case .leastSquares: try ((real - 1).squared().mean() + fake.squared().mean()) * 0.5
    }
  }

  /// The generator's loss, a scalar.
  public func generator(fake: Node) throws(GraphError) -> Node {
    switch self {
    case .wasserstein: try fake.mean()
    case .vanilla: try (-fake).softplus().mean()
    case .hinge: try -fake.mean()
    case .leastSquares: try (fake - 1).squared().mean() * 0.5
    }
  }

  /// How far apart the mean scores are, a scalar: positive where the critic tells real from
  /// generated; with ``wasserstein`` an estimate of the distance of the two distributions.
  public func distance(real: Node, fake: Node) throws(GraphError) -> Node {
    let difference = try real.mean() - fake.mean()
    return self == .wasserstein ? try -difference : difference
  }
}
