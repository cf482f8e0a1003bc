/// How exact paths of a network are made; all give the same law.
public enum SimulationMethod: String, Sendable, CaseIterable {
  /// One of the others, chosen by the network and the number of paths.
  case automatic
  /// One path in each lane of the vector registers. Use it for several paths of up to about 100
  /// reactions.
  case lanes
  /// The direct method with a dependency graph. Use it for a single path of a small network; it is
  /// also the method of networks with general rates, rules and events.
  case direct
  /// The next reaction method: a heap of times. Use it where few propensities change.
  case nextReaction = "next-reaction"
  /// The direct method on a tree of sums. Use it for thousands of reactions.
  case sumTree = "sum-tree"
  /// Composition and rejection: groups of like propensities. Use it for more reactions still.
  case compositionRejection = "composition-rejection"
}

/// The loops that a simulation uses.
enum SimulationEngine: Sendable {
  case lanes(SlotForm)
  case turn(SlotForm, SimulationMethod)
  case eventful(EventfulModel)

  /// The engine for a method, or the best for a network.
  static func choose(
    _ method: SimulationMethod, for network: ReactionNetwork, paths: Int
  ) throws(JumpProcessError) -> (engine: SimulationEngine, method: SimulationMethod) {
    guard let form = SlotForm(network) else {
      guard method == .automatic || method == .direct else {
        throw .unsupported(
          "--method \(method.rawValue) needs rates that are a constant times at most three amounts "
            + "and a network without rules and events; \(network.name) has others, use direct")
      }
      return (.eventful(try EventfulModel(network)), .direct)
    }
    let chosen = method == .automatic ? best(reactions: form.rate.count, paths: paths) : method
    guard chosen == .lanes else { return (.turn(form, chosen), chosen) }
    guard form.rate.count <= laneLimit else {
      throw .unsupported(
        "--method lanes takes at most \(laneLimit) reactions, \(network.name) has "
          + "\(form.rate.count)")
    }
    return (.lanes(form), .lanes)
  }

  static let laneLimit = 128

  private static func best(reactions: Int, paths: Int) -> SimulationMethod {
    if paths > 2, reactions <= 100 { return .lanes }
    if reactions <= 256 { return .direct }
    return reactions <= 50_000 ? .sumTree : .compositionRejection
  }
}
