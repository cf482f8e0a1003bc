/// How paths of a network are made; the exact methods all give the same law.
public enum SimulationMethod: String, Sendable, CaseIterable {
  /// One of the others, chosen by the network and the number of paths.
  case automatic
  /// One path in each lane of the vector registers. Use it for several paths of up to about 100
  /// reactions.
  case lanes
  /// The direct method with a dependency graph. Use it for a single path of a small network; it is
  /// also the method of networks with events.
  case direct
  /// The next reaction method: a heap of times. Use it where few propensities change.
  case nextReaction = "next-reaction"
  /// The direct method on a tree of sums. Use it for thousands of reactions.
  case sumTree = "sum-tree"
  /// Composition and rejection: groups of like propensities. Use it for more reactions still.
  case compositionRejection = "composition-rejection"
  /// Approximate: many reactions fire in one step that changes no propensity by much. Use it where
  /// amounts are large.
  case tauLeaping = "tau-leaping"
  /// Approximate: the same with binomial numbers, which never take more than there is.
  case binomialLeaping = "binomial-leaping"
  /// Approximate: amounts are real numbers that diffuse. Use it where all amounts are large.
  case langevin
  /// The deterministic limit of large amounts, one path without noise.
  case rateEquations = "ode"

  /// Whether paths follow the law of the process itself.
  public var isExact: Bool {
    switch self {
    case .automatic, .lanes, .direct, .nextReaction, .sumTree, .compositionRejection: true
    case .tauLeaping, .binomialLeaping, .langevin, .rateEquations: false
    }
  }
}
