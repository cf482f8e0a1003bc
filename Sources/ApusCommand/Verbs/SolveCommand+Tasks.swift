import ApusApplications
import ApusFormats
import ApusJumpProcesses
import ApusPictures
import ApusReactionFormats
import ApusTerminal
import Glibc

extension SolveCommand {
  /// Solves for what does not change any more.
  func runStationary(_ network: ReactionNetwork) throws {
    let solution = try NetworkStates.stationary(
      of: network, by: options.method?.stationary, bounds: options.grid?.bounds(for: network),
      tolerance: bound, limit: maxStates ?? 1_000_000)
    let distribution = solution.states.distribution(solution.probabilities)
    let balance = solution.states.irreversibility(of: solution.probabilities)
    if results.json {
      return Output.show([
        "model": .string(network.name), "states": .integer(solution.states.count),
        "residual": .number(solution.residual), "edge": .number(solution.edge),
        "entropyProduction": .number(balance.entropyProduction),
        "imbalance": .number(balance.imbalance), "final": final(distribution, network),
        "marginals": marginals(distribution),
      ])
    }
    show(distribution, network, head: "Stationary")
    print(
      "\(solution.states.count.grouped) states; residual \(solution.residual.significant(3)), "
        + "probability at their edge \(solution.edge.significant(3))")
    print(
      "Entropy production \(balance.entropyProduction.significant(6)) nats per unit of time; fluxes "
        + "there and back differ by \(balance.imbalance.significant(3)) of the largest")
  }

  /// Solves for the time until a condition holds.
  func runPassage(_ network: ReactionNetwork, _ text: String) throws {
    let condition = try ConditionText.read(text, of: network, file: "--passage")
    let (states, passage) = try NetworkStates.firstPassage(
      of: network, where: condition, bounds: options.grid?.bounds(for: network),
      tolerance: bound, limit: maxStates ?? 250_000)
    let (mean, deviation) = (passage.mean[states.start], passage.deviation[states.start])
    if results.json {
      return Output.show([
        "model": .string(network.name), "passage": .string(text),
        "states": .integer(states.count), "mean": .number(mean), "sd": .number(deviation),
      ])
    }
    print(
      mean.isFinite
        ? "From the start the condition first holds after \(mean.significant(10)) (mean), "
          + "sd \(deviation.significant(10)); "
          + "\(states.count.grouped) states"
        : "From the start the condition may never hold: the mean time is infinite; "
          + "\(states.count.grouped) states")
  }

  /// Solves for how means change with constants.
  func runSensitivity(_ network: ReactionNetwork, until: Double) throws {
    let constants = network.constantNames
    for name in options.sensitivity where !constants.contains(name) {
      throw JumpProcessError.setting(
        "--sensitivity: \(network.name) has no constant \(name); "
          + (constants.isEmpty
            ? "it has none" : "there are \(constants.joined(separator: ", "))"))
    }
    let (states, rows) = try NetworkStates.sensitivities(
      of: network, by: options.sensitivity, at: until, bounds: options.grid?.bounds(for: network),
      tolerance: bound, limit: maxStates ?? 1_000_000)
    if results.json {
      return Output.show([
        "model": .string(network.name), "until": .number(until),
        "states": .integer(states.count),
        "sensitivities": .array(
          rows.map {
            [
              "name": .string($0.species), "by": .string($0.parameter), "mean": .number($0.mean),
              "slope": .number($0.slope),
            ]
          }),
      ])
    }
    var table = TextTable([
      .init("At time \(until)"), .init("Mean", .right), .init("by"), .init("Slope", .right),
    ])
    for row in rows {
      table.add([row.species, row.mean.fixed(6), row.parameter, row.slope.fixed(6)])
    }
    print(table.rendered(for: .output))
  }

  /// Solves for means and standard deviations alone.
  func runMoments(
    _ network: ReactionNetwork, _ closure: MomentEquations.Closure, until: Double
  ) throws {
    let start = ContinuousClock.now
    let times = Simulation(network, until: until, points: pointCount).times
    let solution = try MomentEquations(network, closure).solve(at: times)
    let seconds = start.seconds
    if let output {
      try write(network, at: times, to: output) { solution.moments(of: $0, point: $1) }
    }
    let last = times.count - 1
    if results.json {
      return Output.show([
        "model": .string(network.name), "until": .number(until), "points": .integer(pointCount),
        "method": .string(closure.rawValue), "seconds": .number(seconds),
        "final": final(network) { solution.moments(of: $0, point: last) },
        "output": output.map { .string($0) } ?? .null,
      ])
    }
    show(network, head: "At time \(times[last])") { solution.moments(of: $0, point: last) }
    print(
      "By \(closure.rawValue) in \(Duration.seconds(seconds).readable); its error is not known")
    if let output { print("Wrote \(output.escapingControls)") }
  }

  /// Shows each step from the propagator to the master equation as a number.
  func runDerivation(_ network: ReactionNetwork, until: Double) throws {
    let derivation = try Derivation(network, until: until)
    if let picture = options.picture {
      try Interruption.discarding {
        try AtomicFile.write(chart(derivation, network).png(), to: picture)
      }
    }
    if results.json { return Output.show(json(derivation, network, until)) }
    print("\(network.name.escapingControls), \(derivation.states) states, T = \(until)")
    print("1. P(s + t) − P(s) P(t), largest entry: \(derivation.chapmanKolmogorov.significant(3))")
    var table = TextTable([.init("τ", .right), .init("(P(τ) − 1)/τ − W, largest", .right)])
    for row in derivation.rates {
      table.add([row.time.significant(5), row.deviation.significant(5)])
    }
    print("2. Rates, approached at order \(derivation.order.fixed(4)):")
    print(table.rendered(for: .output))
    print("3. p(0) P(T) − p(T) from dp/dt = p W, sum: \(derivation.propagation.significant(3))")
    table = TextTable([.init("n", .right), .init("from P(τ)", .right), .init("Σ νⁿ a", .right)])
    for row in derivation.moments {
      table.add(["\(row.order)", row.fromPropagator.fixed(6), row.fromRates.fixed(6)])
    }
    print("4. Kramers–Moyal moments at the mean:")
    print(table.rendered(for: .output))
    if let reason = derivation.limitReason {
      print("5. No Fokker–Planck limit: \(reason)")
    } else {
      table = TextTable([.init("Size", .right), .init("Distance to Fokker–Planck", .right)])
      for row in derivation.limit { table.add(["\(row.size)", row.distance.fixed(6)]) }
      print("5. Master and Fokker–Planck equation as the system grows:")
      print(table.rendered(for: .output))
    }
    if let balance = derivation.balance {
      print(
        "6. Detailed balance: fluxes there and back differ by \(balance.imbalance.significant(3)) of "
          + "the largest; entropy production \(balance.entropyProduction.significant(6))")
    } else {
      print("6. No detailed balance: \(derivation.balanceReason ?? "")")
    }
  }

  /// How rates are approached, beside a line of slope one that is half a decade lower.
  private func chart(_ derivation: Derivation, _ network: ReactionNetwork) -> LineChart {
    let points = derivation.rates.map { (x: log10($0.time), y: log10($0.deviation)) }
    let last = points[points.count - 1]
    let line = points.map { (x: $0.x, y: last.y + $0.x - last.x - 0.5) }
    return LineChart(
      "\(network.name): (P(τ) − 1)/τ approaches W", xLabel: "log₁₀ τ",
      yLabel: "log₁₀ of the largest entry",
      series: [
        .init("|(P(τ) − 1)/τ − W|", points), .init("slope 1", line),
      ])
  }

  private func json(
    _ derivation: Derivation, _ network: ReactionNetwork, _ until: Double
  ) -> JSON {
    [
      "model": .string(network.name), "until": .number(until),
      "states": .integer(derivation.states), "lost": .number(derivation.lost),
      "chapmanKolmogorov": .number(derivation.chapmanKolmogorov),
      "rates": .array(
        derivation.rates.map { ["time": .number($0.time), "deviation": .number($0.deviation)] }),
      "order": .number(derivation.order), "propagation": .number(derivation.propagation),
      "moments": .array(
        derivation.moments.map {
          [
            "order": .integer($0.order), "fromPropagator": .number($0.fromPropagator),
            "fromRates": .number($0.fromRates),
          ]
        }),
      "limit": .array(
        derivation.limit.map { ["size": .integer($0.size), "distance": .number($0.distance)] }),
      "limitReason": derivation.limitReason.map { .string($0) } ?? .null,
      "imbalance": derivation.balance.map { .number($0.imbalance) } ?? .null,
      "entropyProduction": derivation.balance.map { .number($0.entropyProduction) } ?? .null,
      "balanceReason": derivation.balanceReason.map { .string($0) } ?? .null,
      "picture": options.picture.map { .string($0) } ?? .null,
    ]
  }
}
