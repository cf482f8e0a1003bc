import ApusNumerics
import Glibc

/// A network prepared for paths with general rates, rules and events.
struct EventfulModel: Sendable {
  struct Reaction: Sendable {
    var name: String
    var propensity: Formula
    var change: [(species: Int, amount: Double)]
    /// Rules and reactions that read, directly or through rules, what the reaction changes.
    var rules: [Int]
    var dependents: [Int]
  }

  struct Rule: Sendable {
    var target: Int
    var value: Formula
  }

  struct Event: Sendable {
    var trigger: Formula
    var startsTrue: Bool
    var delay: Formula?
    var priority: Formula?
    var isPersistent: Bool
    var takesValuesAtTrigger: Bool
    var assignments: [Rule]
    var crossings: [Crossing]
  }

  let initial: [Double]
  let outputs: [Int]
  let reactions: [Reaction]
  let rules: [Rule]
  let events: [Event]
  private let text: @Sendable ([Double]) -> String

  /// - Throws: ``JumpProcessError/unsupported(_:)`` where a rate changes between reactions.
  init(_ network: ReactionNetwork) throws(JumpProcessError) {
    initial = network.initialValues
    outputs = network.outputs
    text = { network.text(ofOutputs: $0) }
    rules = network.rules.map { Rule(target: $0.target, value: Formula($0.value)) }
    try Self.refuseDrift(in: network)
    let resolver = network.resolver
    let propensities = network.reactions.map {
      resolver.resolved(network.propensity(of: $0))
    }
    let ruleReads = network.rules.map { $0.value.quantities }
    reactions = network.reactions.indices.map { index in
      let change = network.change(by: network.reactions[index])
      var changed = Set(change.map(\.species))
      var applied: [Int] = []
      for (rule, reads) in ruleReads.enumerated() where !reads.isDisjoint(with: changed) {
        applied.append(rule)
        changed.insert(network.rules[rule].target)
      }
      return Reaction(
        name: network.reactions[index].name, propensity: Formula(propensities[index]),
        change: change.map { ($0.species, Double($0.amount)) }, rules: applied,
        dependents: propensities.indices.filter {
          !propensities[$0].quantities.isDisjoint(with: changed)
        })
    }
    var prepared: [Event] = []
    for event in network.events { prepared.append(try Self.prepare(event, in: network)) }
    events = prepared
  }

  /// A propensity may not change while nothing happens.
  private static func refuseDrift(in network: ReactionNetwork) throws(JumpProcessError) {
    for rule in network.rules where rule.value.readsTime {
      throw .unsupported(
        "the rule for \(network.quantities[rule.target].name) reads the time: exact simulation of "
          + "rates that change between reactions is not supported")
    }
    for reaction in network.reactions where network.propensity(of: reaction).readsTime {
      throw .unsupported(
        "the rate of \(reaction.name) reads the time: exact simulation of rates that change "
          + "between reactions is not supported")
    }
  }

  private static func prepare(
    _ event: ReactionNetwork.Event, in network: ReactionNetwork
  ) throws(JumpProcessError) -> Event {
    guard let crossings = Crossing.all(in: event.trigger) else {
      throw .unsupported(
        "the trigger of event \(event.name) reads the time other than in comparisons in which it is "
          + "linear: that is not supported")
    }
    return Event(
      trigger: Formula(event.trigger), startsTrue: event.startsTrue,
      delay: event.delay.map(Formula.init), priority: event.priority.map(Formula.init),
      isPersistent: event.isPersistent, takesValuesAtTrigger: event.takesValuesAtTrigger,
      assignments: event.assignments.map { Rule(target: $0.target, value: Formula($0.value)) },
      crossings: crossings)
  }

  /// The state in words, for errors: `X = 3, Y = 0`.
  func state(_ values: [Double]) -> String { text(outputs.map { values[$0] }) }
}

/// A comparison with the time, and when its truth changes while amounts stay.
struct Crossing: Sendable {
  /// Left side minus right side, linear in the time.
  private let difference: Formula
  /// Where the comparison is of the time itself: the other side.
  private let moment: Formula?

  /// Every comparison with the time in a condition, or nil where the time is used otherwise.
  static func all(in condition: Expression) -> [Crossing]? {
    guard condition.readsTime else { return [] }
    guard case .apply(let function, let arguments) = condition else { return nil }
    switch function {
    case .and, .or, .xor, .not:
      var crossings: [Crossing] = []
      for argument in arguments {
        guard let found = all(in: argument) else { return nil }
        crossings += found
      }
      return crossings
    case .less, .lessOrEqual, .greater, .greaterOrEqual, .equal, .unequal:
      guard arguments.allSatisfy(isLinear) else { return nil }
      let moment: Expression? =
        if arguments[0] == .time, !arguments[1].readsTime {
          arguments[1]
        } else if arguments[1] == .time, !arguments[0].readsTime {
          arguments[0]
        } else { nil }
      return [
        Crossing(
          difference: Formula(arguments[0] - arguments[1]), moment: moment.map(Formula.init))
      ]
    default: return nil
    }
  }

  private static func isLinear(_ expression: Expression) -> Bool {
    guard expression.readsTime, case .apply(let function, let arguments) = expression else {
      return true
    }
    let readers = arguments.count { $0.readsTime }
    return switch function {
    case .add, .subtract, .negate: arguments.allSatisfy(isLinear)
    case .multiply: readers == 1 && arguments.allSatisfy(isLinear)
    case .divide: !arguments[1].readsTime && isLinear(arguments[0])
    default: false
    }
  }

  /// The first moment after `time` at which the comparison is to be looked at.
  ///
  /// A strict comparison is false at the moment itself and true at the next number.
  func next(after time: Double, values: [Double]) -> Double {
    let crossing: Double
    if let moment {
      crossing = moment.value(of: values, time: time)
    } else {
      let here = difference.value(of: values, time: time)
      let slope = difference.value(of: values, time: time + 1) - here
      guard slope != 0 else { return .infinity }
      crossing = time - here / slope
    }
    if crossing > time { return crossing }
    return crossing.nextUp > time ? crossing.nextUp : .infinity
  }
}

/// The natural logarithm.
func naturalLogarithm(_ x: Double) -> Double { Glibc.log(x) }

extension Double {
  /// A whole number without point, others as they are.
  var shortText: String {
    self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)"
  }
}
