/// The states that a network can reach from its start, within bounds, and its generator on them.
///
/// Amounts stay below `bounds`; a jump out of them leaks, or does not happen where `edges` reflect.
public struct NetworkStates: Sendable {
  public let network: ReactionNetwork
  /// The quantities (indices) that reactions change, in the order of the model.
  public let moving: [Int]
  /// One past the largest amount of each.
  public let bounds: [Int]
  /// Amounts of state `i`: `amounts[i * moving.count ..< (i + 1) * moving.count]`.
  public let amounts: [Int32]
  /// Where the process begins.
  public let start: Int
  public let generator: SparseGenerator
  /// Whether no jump leaves the bounds, so that nothing is left out.
  public let isComplete: Bool
  /// The reaction, the states and the rate of every jump; state −1 is outside.
  let firings: [Firing]
  /// The jumps at rates that change in time, which the generator does not have.
  let timed: [TimedReaction]
  private let places: [[Int32]: Int]

  struct Firing: Sendable {
    var reaction: Int
    var from: Int
    var to: Int
    var rate: Double
  }

  /// What becomes of a jump out of the bounds.
  public enum Edges: Sendable {
    case leak, reflect
  }

  public var count: Int { generator.states }

  /// The states within `bounds`, one for each species that moves.
  ///
  /// - Throws: ``JumpProcessError`` where the network has no master equation, a propensity is no
  ///   rate, or there are more than `limit` states.
  public init(
    _ network: ReactionNetwork, bounds: [Int], edges: Edges = .leak, limit: Int = 1_000_000
  ) throws(JumpProcessError) {
    try self.init(network, bounds: bounds, edges: edges, limit: limit, ratesMayChange: false)
  }

  /// - Parameters:
  ///   - ratesMayChange: whether rates may read the time; those are in ``timed``.
  ///   - slopes: for each reaction formulas; where one is not zero the reaction counts as possible
  ///     although its rate is zero.
  init(
    _ network: ReactionNetwork, bounds: [Int], edges: Edges = .leak, limit: Int,
    ratesMayChange: Bool = false, slopes: [[Formula]] = []
  ) throws(JumpProcessError) {
    let equation = try MasterEquation(network)
    let network = equation.network
    if !ratesMayChange { try equation.requireSteadyRates() }
    try Self.check(bounds, for: network)
    let moving = Self.moving(of: network)
    var search = StateSearch(
      network, moving: moving, bounds: bounds, limit: limit, slopes: slopes)
    try search.run(from: moving.map { Int32(network.quantities[$0].initial) })
    self.network = network
    self.moving = moving
    self.bounds = bounds
    amounts = search.amounts
    start = 0
    firings = search.firings
    timed = search.timed.compactMap { $0 }
    places = search.places
    let count = search.places.count
    isComplete =
      !firings.contains { $0.to < 0 }
      && !timed.contains { $0.firings.contains { $0.to < 0 } }
    var leaks = [Double](repeating: 0, count: count)
    if edges == .leak { for jump in firings where jump.to < 0 { leaks[jump.from] += jump.rate } }
    generator = try SparseGenerator(
      states: count,
      transitions: firings.compactMap {
        $0.to < 0 || $0.to == $0.from
          ? nil : .init(from: $0.from, to: $0.to, rate: $0.rate)
      }, leaks: leaks)
  }

  static func moving(of network: ReactionNetwork) -> [Int] {
    Set(network.reactions.flatMap { network.change(by: $0).map(\.species) }).sorted()
  }

  /// Checks that there is a bound for each species that changes, above where it begins.
  static func check(_ bounds: [Int], for network: ReactionNetwork) throws(JumpProcessError) {
    let moving = moving(of: network)
    guard bounds.count == moving.count else {
      throw .setting(
        "--grid: expected one number or \(moving.count), one for each species that changes, got "
          + "\(bounds.count)")
    }
    for (species, bound) in zip(moving, bounds) {
      let (name, initial) = (network.quantities[species].name, network.quantities[species].initial)
      guard initial < Double(bound) else {
        throw .setting(
          "--grid: \(name) begins at \(initial.shortText), which is not below \(bound)")
      }
    }
  }

  /// Bounds that hold the start with room above; the first guess of a search for enough.
  public static func firstBounds(of network: ReactionNetwork) -> [Int] {
    moving(of: network).map {
      let initial = network.quantities[$0].initial
      return initial > 0 ? Int(min(2 * initial, Double(MasterEquation.largestBound - 32))) + 32 : 32
    }
  }

  /// All probability at the start.
  public var initial: [Double] {
    var p = [Double](repeating: 0, count: count)
    p[start] = 1
    return p
  }

  /// The state of some amounts, in the order of ``moving``.
  public func state(of amounts: [Int]) -> Int? { places[amounts.map { Int32(clamping: $0) }] }

  /// The amounts of a state.
  public func amounts(of state: Int) -> ArraySlice<Int32> {
    amounts[state * moving.count..<(state + 1) * moving.count]
  }

  /// The values of all quantities in a state.
  func values(of state: Int) -> [Double] {
    var values = network.quantities.map(\.initial)
    for (axis, amount) in amounts(of: state).enumerated() { values[moving[axis]] = Double(amount) }
    for rule in network.rules {
      values[rule.target] = Formula(rule.value).value(of: values, time: 0)
    }
    return values
  }

  /// The states where a condition holds.
  package func states(where condition: ModelExpression) -> [Bool] {
    let formula = Formula(network.inlined(condition))
    return (0..<count).map { formula.value(of: values(of: $0), time: 0) != 0 }
  }

  /// The distribution over these states, for moments and marginals.
  ///
  /// - Parameter time: when it is; rules that read the time have moments only where it is given.
  public func distribution(_ p: [Double], at time: Double? = nil) -> StateDistribution {
    StateDistribution(
      network: network, moving: moving, amounts: amounts, probabilities: p, time: time)
  }

  /// For each species that moves, the probability of the states from which a jump leads beyond its
  /// bound.
  func edgeProbabilities(_ p: [Double]) -> [Double] {
    let changes = network.reactions.map { network.change(by: $0) }
    var result = [Double](repeating: 0, count: moving.count)
    var counted = [Int](repeating: -1, count: moving.count)
    for firing in ([firings] + timed.map(\.firings)).joined() where firing.to < 0 {
      let here = amounts(of: firing.from)
      for (species, change) in changes[firing.reaction] {
        guard let axis = moving.firstIndex(of: species), counted[axis] != firing.from,
          Int(here[here.startIndex + axis]) + change >= bounds[axis]
        else { continue }
        counted[axis] = firing.from
        result[axis] += p[firing.from]
      }
    }
    return result
  }

  /// `∂W/∂θ` by the constant of a quantity, on these states.
  public func slopes(
    by parameter: Int
  ) throws(JumpProcessError) -> [(from: Int, to: Int, slope: Double)] {
    let formulas = try network.slopes(by: parameter)
    var result: [(from: Int, to: Int, slope: Double)] = []
    for firing in firings {
      let slope = formulas[firing.reaction].value(of: values(of: firing.from), time: 0)
      guard slope.isFinite else {
        throw .unsupported(
          "the rate of \(network.reactions[firing.reaction].name) has no derivative by "
            + "\(network.quantities[parameter].name) where \(name(of: firing.from))")
      }
      if slope != 0 { result.append((firing.from, firing.to, slope)) }
    }
    return result
  }

  /// The amounts of a state in words.
  private func name(of state: Int) -> String {
    zip(moving, amounts(of: state)).map { "\(network.quantities[$0].name) = \($1)" }
      .joined(separator: ", ")
  }
}

extension ReactionNetwork {
  /// The derivatives of all propensities by a constant.
  func slopes(by parameter: Int) throws(JumpProcessError) -> [Formula] {
    let resolver = resolver
    var result: [Formula] = []
    for reaction in reactions {
      let propensity = resolver.inliningRules(propensity(of: reaction))
      guard let slope = propensity.derivative(by: parameter) else {
        throw .unsupported(
          "the rate of \(reaction.name) has no derivative by \(quantities[parameter].name)")
      }
      result.append(Formula(resolver.resolved(slope)))
    }
    return result
  }
}

/// Finds states breadth first.
private struct StateSearch {
  private let network: ReactionNetwork
  private let moving: [Int]
  private let bounds: [Int]
  private let limit: Int
  private let formulas: [Formula]
  private let slopes: [[Formula]]
  private let changes: [[Int32]]
  var timed: [TimedReaction?]
  var amounts: [Int32] = []
  var firings: [NetworkStates.Firing] = []
  var places: [[Int32]: Int] = [:]

  init(
    _ network: ReactionNetwork, moving: [Int], bounds: [Int], limit: Int, slopes: [[Formula]]
  ) {
    self.network = network
    self.slopes = slopes
    self.moving = moving
    self.bounds = bounds
    self.limit = limit
    let resolver = network.resolver
    let propensities = network.reactions.map { resolver.inlined(network.propensity(of: $0)) }
    formulas = propensities.map { Formula(TimedReaction.steadyPart(of: $0)) }
    timed = zip(network.reactions, propensities).map { TimedReaction($0.name, $1) }
    changes = network.reactions.map { reaction in
      var change = [Int32](repeating: 0, count: moving.count)
      for (species, amount) in network.change(by: reaction) {
        if let axis = moving.firstIndex(of: species) { change[axis] = Int32(amount) }
      }
      return change
    }
  }

  mutating func run(from start: [Int32]) throws(JumpProcessError) {
    places[start] = 0
    amounts = start
    var values = network.initialValues
    var state = 0
    while state < places.count {
      let here = Array(amounts[state * moving.count..<(state + 1) * moving.count])
      for (axis, amount) in here.enumerated() { values[moving[axis]] = Double(amount) }
      for (reaction, formula) in formulas.enumerated() {
        let rate = formula.value(of: values, time: 0)
        guard rate >= 0 || timed[reaction] != nil, abs(rate) < .infinity else {
          let names = moving.indices.map { "\(network.quantities[moving[$0]].name) = \(here[$0])" }
          throw .propensity(
            reaction: network.reactions[reaction].name, value: rate, time: 0,
            state: names.joined(separator: ", "))
        }
        guard rate != 0 || mayHappen(reaction, values),
          changes[reaction].contains(where: { $0 != 0 })
        else { continue }
        try add(reaction, from: state, here, rate, values)
      }
      state += 1
    }
  }

  private func mayHappen(_ reaction: Int, _ values: [Double]) -> Bool {
    !slopes.isEmpty && slopes[reaction].contains { $0.value(of: values, time: 0) != 0 }
  }

  private mutating func add(
    _ reaction: Int, from state: Int, _ here: [Int32], _ rate: Double, _ values: [Double]
  ) throws(JumpProcessError) {
    let next = zip(here, changes[reaction]).map { $0 + $1 }  // bounds leave room
    guard next.allSatisfy({ $0 >= 0 }) else { return }
    guard zip(next, bounds).allSatisfy({ Int($0) < $1 }) else {
      append(.init(reaction: reaction, from: state, to: -1, rate: rate), values)
      return
    }
    let known = places[next]
    let to = known ?? places.count
    if known == nil {
      guard places.count < limit else { throw .stateLimit(limit: limit, time: 0, lost: 0) }
      places[next] = to
      amounts += next
    }
    append(.init(reaction: reaction, from: state, to: to, rate: rate), values)
  }

  private mutating func append(_ firing: NetworkStates.Firing, _ values: [Double]) {
    if timed[firing.reaction] == nil {
      firings.append(firing)
    } else {
      timed[firing.reaction]?.add(firing, in: values)
    }
  }
}
