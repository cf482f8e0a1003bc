import ApusNumerics

/// The methods that carry probabilities over a time on a fixed set of states.
public enum PropagationMethod: String, Sendable, CaseIterable {
  /// A sum over Poisson weights of powers of a matrix without negative entries.
  ///
  /// Use by default: its error is certified. Products grow with rate times time.
  case uniformization
  /// Projection on the Krylov space of the distribution, in steps of controlled error.
  ///
  /// Use for stiff generators; the error is estimated, not certified.
  case krylov
  /// Backward differences of variable order.
  ///
  /// Use for rates that change in time; errors are controlled, not certified.
  case cvode
}

/// How many products a propagation took, and what its error is.
public struct PropagationRecord: Sendable {
  public var products = 0
  /// Of uniformization the probability cut from the tails, of Krylov the sum of the estimates.
  public var error = 0.0

  /// About a day's work; what needs more is not begun.
  private static let workLimit = 1e14

  /// - Throws: ``JumpProcessError/unsupported(_:)`` where so many products on so many states never
  ///   end.
  static func checkWork(products: Double, states: Int) throws(JumpProcessError) {
    guard products * Double(states) <= workLimit else {
      throw .unsupported(
        "the rates are too fast for the time asked for: it would take about "
          + "\(products.significant(2)) products with a matrix of \(states) states; solve to an "
          + "earlier time, for the stationary distribution, or by --method cvode")
    }
  }
}

/// `p exp(W t) = Σ_k e^{−λt} (λt)^k / k! · p (1 + W/λ)^k`.
///
/// Long times are cut so that one step has at most some 10⁴ products.
///
/// References: Jensen (1953), "Markoff chains as an aid in the study of Markoff processes",
/// Skand. Aktuarietidskr. 36; Fox, Glynn (1988), "Computing Poisson probabilities", CACM 31.
func uniformize(
  _ start: [Double], through flow: some ProbabilityFlow, time: Double, tolerance: Double,
  record: inout PropagationRecord
) throws(JumpProcessError) -> [Double] {
  let rate = flow.largestExit
  guard rate > 0, time > 0 else { return start }
  try PropagationRecord.checkWork(products: rate * time, states: flow.states)
  let steps = max(1, (rate * time / 10_000).rounded(.up))
  let weights = PoissonWeights(mean: rate * time / steps, cut: tolerance / steps)
  var x = start
  for _ in 0..<Int(steps) {
    var sum = x.map { $0 * weights[0] }
    var y = [Double](repeating: 0, count: x.count)
    let last = max(1, weights.last + 1)
    flow.advance(
      &x, room: &y, scale: 1 / rate, weights: (1..<last).map { weights[$0] }, sum: &sum)
    record.products += last - 1
    x = sum
  }
  record.error += tolerance
  return x
}
