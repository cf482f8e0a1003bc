import ApusJumpProcesses
import ApusNumerics
import Foundation
import Testing

@Suite struct NetworkFitTests {
  /// `-> X @ k` and `X -> @ d`.
  private func immigrationDeath(_ k: Double, _ d: Double) -> ReactionNetwork {
    var network = ReactionNetwork("immigration")
    network.quantities = [
      .init("X", .species, initial: 3), .init("k", .parameter, initial: k),
      .init("d", .parameter, initial: d),
    ]
    network.reactions = [
      .init("in", consumed: [:], produced: [0: 1], rate: .massAction(.quantity(1))),
      .init("out", consumed: [0: 1], produced: [:], rate: .massAction(.quantity(2))),
    ]
    return network
  }

  /// A path with rates 4 and 0.5, jump by jump.
  private func path(until end: Double, seed: UInt64) -> CountRecord {
    var stream = PhiloxStream(seed: seed, purpose: 0, epoch: 0, index: 0)
    var (time, count) = (0.0, 3)
    var record = CountRecord(times: [0], counts: [[3]])
    while true {
      let total = 4 + 0.5 * Double(count)
      time -= log(1 - Double.random(in: 0..<1, using: &stream)) / total
      guard time < end else { break }
      count += Double.random(in: 0..<total, using: &stream) < 4 ? 1 : -1
      record.times.append(time)
      record.counts.append([count])
    }
    record.times.append(end)
    record.counts.append([count])
    return record
  }

  private func snapshots(of path: CountRecord, every spacing: Double) -> CountRecord {
    var record = CountRecord(times: [], counts: [])
    var place = 0
    for index in 0... {
      let time = Double(index) * spacing
      guard time <= path.times[path.times.count - 1] else { break }
      while place + 1 < path.times.count, path.times[place + 1] <= time { place += 1 }
      record.times.append(time)
      record.counts.append(path.counts[place])
    }
    return record
  }

  /// Mass action has a closed form: reactions over what their propensities without constant add up to.
  @Test func completePathsHaveTheClosedForm() throws {
    let record = path(until: 100, seed: 4)
    var (births, deaths, area) = (0.0, 0.0, 0.0)
    for place in record.times.indices.dropLast() {
      let change = record.counts[place + 1][0] - record.counts[place][0]
      births += change > 0 ? 1 : 0
      deaths += change < 0 ? 1 : 0
      area += Double(record.counts[place][0]) * (record.times[place + 1] - record.times[place])
    }
    let estimator = try NetworkEstimator(immigrationDeath(1, 1), species: ["X"])
    let fit = try estimator.fit([record], seenAt: .jumps)
    #expect(fit.estimates.map(\.name) == ["k", "d"])
    #expect(abs(fit.estimates[0].value / (births / 100) - 1) < 1e-4)
    #expect(abs(fit.estimates[1].value / (deaths / area) - 1) < 1e-4)
    // The information of a Poisson number n in the logarithm is n.
    let width = 1.959963985 / births.squareRoot()
    let upper = try #require(fit.estimates[0].upper)
    #expect(abs(log(upper / fit.estimates[0].value) / width - 1) < 1e-3)
    #expect(try #require(fit.fit).probability > 1e-3)
    #expect(fit.network.quantities[1].initial == fit.estimates[0].value)
  }

  /// The transition over a time of 1 is binomial survivors and Poisson newcomers.
  private func exactLogLikelihood(_ record: CountRecord, _ k: Double, _ d: Double) -> Double {
    let survival = exp(-d)
    let mean = k / d * (1 - survival)
    func term(_ from: Int, _ to: Int, _ kept: Int) -> Double {
      let ways =
        lgamma(Double(from + 1)) - lgamma(Double(kept + 1)) - lgamma(Double(from - kept + 1))
      let survivors = ways + Double(kept) * log(survival) + Double(from - kept) * log(1 - survival)
      let newcomers = Double(to - kept) * log(mean) - mean - lgamma(Double(to - kept + 1))
      return exp(survivors + newcomers)
    }
    var sum = 0.0
    for place in record.counts.indices.dropLast() {
      let (from, to) = (record.counts[place][0], record.counts[place + 1][0])
      var probability = 0.0
      for kept in 0...min(from, to) { probability += term(from, to, kept) }
      sum += log(probability)
    }
    return sum
  }

  @Test(arguments: [1, 2])
  func snapshotsGiveTheRatesBack(threads: Int) throws {
    let record = snapshots(of: path(until: 150, seed: 5), every: 1)
    var estimator = try NetworkEstimator(immigrationDeath(0.1, 0.1), species: ["X"])
    estimator.threads = threads
    estimator.confidence = 0.999
    let fit = try estimator.fit([record], seenAt: .snapshots)
    for (estimate, exact) in zip(fit.estimates, [4, 0.5]) {
      let (lower, upper) = (try #require(estimate.lower), try #require(estimate.upper))
      #expect(lower < exact && exact < upper, "\(estimate)")
    }
    let sum = exactLogLikelihood(record, fit.estimates[0].value, fit.estimates[1].value)
    #expect(abs(fit.logLikelihood - sum) < 1e-5)
    #expect(try #require(fit.fit).probability > 1e-3)
  }

  /// A ⇌ B with 20 in all: B is what A leaves, and says nothing a second time.
  @Test func dependentSpeciesAreNoSecondEvidence() throws {
    var network = ReactionNetwork("exchange")
    network.quantities = [
      .init("A", .species, initial: 20), .init("B", .species, initial: 0),
      .init("u", .parameter, initial: 0.4), .init("v", .parameter, initial: 0.2),
    ]
    network.reactions = [
      .init("there", consumed: [0: 1], produced: [1: 1], rate: .massAction(.quantity(2))),
      .init("back", consumed: [1: 1], produced: [0: 1], rate: .massAction(.quantity(3))),
    ]
    let amounts = [20, 14, 11, 8, 6, 7, 5, 8, 6, 9, 7, 5, 4, 7, 8, 6]
    let record = CountRecord(
      times: amounts.indices.map { Double($0) }, counts: amounts.map { [$0, 20 - $0] })
    let fit = try NetworkEstimator(network, species: ["A", "B"]).fit([record], seenAt: .snapshots)
    let (u, v) = (fit.estimates[0].value, fit.estimates[1].value)
    // After a time of 1 each is in A with one of two probabilities: a sum of two binomials.
    let stays = (v + u * exp(-u - v)) / (u + v)
    let comes = v * (1 - exp(-u - v)) / (u + v)
    let squares = zip(amounts, amounts.dropFirst()).map { before, after in
      let (a, b) = (Double(before), Double(20 - before))
      let variance = a * stays * (1 - stays) + b * comes * (1 - comes)
      return pow(Double(after) - a * stays - b * comes, 2) / variance
    }
    let goodness = try #require(fit.fit)
    #expect(goodness.count == 15)
    #expect(abs(goodness.statistic - squares.reduce(0, +)) < 1e-4)
  }

  /// ∅ → A ⇌ B: what was seen of B says some of what was seen of A again.
  @Test func correlatedSpeciesAreMeasuredByTheirCovariance() throws {
    var network = ReactionNetwork("inflow")
    network.quantities = [
      .init("A", .species, initial: 6), .init("B", .species, initial: 2),
      .init("k", .parameter, initial: 1), .init("u", .parameter, initial: 0.6),
      .init("v", .parameter, initial: 0.9),
    ]
    network.reactions = [
      .init("in", consumed: [:], produced: [0: 1], rate: .massAction(.quantity(2))),
      .init("there", consumed: [0: 1], produced: [1: 1], rate: .massAction(.quantity(3))),
      .init("back", consumed: [1: 1], produced: [0: 1], rate: .massAction(.quantity(4))),
    ]
    let counts = [[6, 2], [4, 5], [5, 4], [7, 4], [5, 7], [8, 5], [9, 6], [7, 8], [10, 7]]
    let record = CountRecord(times: counts.indices.map { Double($0) }, counts: counts)
    let fit = try NetworkEstimator(network, species: ["A", "B"]).fit([record], seenAt: .snapshots)
    let rates = fit.estimates.map(\.value)
    let (k, u, v) = (rates[0], rates[1], rates[2])
    let (sum, decay) = (u + v, exp(-u - v))
    let (stays, comes) = ((v + u * decay) / sum, v * (1 - decay) / sum)
    // Newcomers are Poisson numbers in A and B, the others multinomial.
    let inA = k * (v / sum + u * (1 - decay) / (sum * sum))
    let squares = zip(counts, counts.dropFirst()).map { before, after in
      let (a, b) = (Double(before[0]), Double(before[1]))
      let spread = a * stays * (1 - stays) + b * comes * (1 - comes)
      let (varianceA, varianceB) = (spread + inA, spread + k - inA)
      let x = Double(after[0]) - a * stays - b * comes - inA
      let y = Double(after[1]) - a * (1 - stays) - b * (1 - comes) - (k - inA)
      // The covariance is −spread: each that is not in A is in B.
      let determinant = varianceA * varianceB - spread * spread
      return (x * x * varianceB + y * y * varianceA + 2 * x * y * spread) / determinant
    }
    let goodness = try #require(fit.fit)
    #expect(goodness.count == 16)
    #expect(abs(goodness.statistic - squares.reduce(0, +)) < 1e-4)
  }

  @Test(arguments: [.jumps, .snapshots] as [NetworkFit.Observation])
  func ratesThatReadTheTimeHaveNoLikelihood(observation: NetworkFit.Observation) throws {
    var network = immigrationDeath(1, 1)
    network.reactions[0] = .init(
      "in", consumed: [:], produced: [0: 1], rate: .law(.quantity(1) * .time))
    let record = CountRecord(times: [0, 1, 2], counts: [[3], [4], [3]])
    let error = #expect(throws: FitError.self) {
      try NetworkEstimator(network, species: ["X"]).fit([record], seenAt: observation)
    }
    #expect(
      error?.description
        == "the rate of in reads the time, for which there is no likelihood; fit by simulation "
        + "instead (--method simulation)")
  }

  @Test func oneParameterMayBeFitted() throws {
    let record = path(until: 50, seed: 6)
    let estimator = try NetworkEstimator(
      immigrationDeath(4, 2), parameters: ["d"], species: ["X"])
    let fit = try estimator.fit([record], seenAt: .jumps)
    #expect(fit.estimates.map(\.name) == ["d"])
    #expect(fit.network.quantities[1].initial == 4)
  }

  /// `X` only dies: what it gains, and what dies where there is nothing, has a line.
  @Test func whatCannotBeHasALine() throws {
    var death = immigrationDeath(1, 1)
    death.reactions.removeFirst()
    let estimator = try NetworkEstimator(death, species: ["X"])
    func refuse(_ counts: [Int], _ seen: NetworkFit.Observation, _ text: String) {
      let record = CountRecord(
        times: counts.indices.map(Double.init), counts: counts.map { [$0] },
        lines: counts.indices.map { $0 + 2 })
      do {
        _ = try estimator.fit([record], seenAt: seen)
        Issue.record("\(counts) was fitted")
      } catch { #expect("\(error)".hasPrefix(text), "\(error)") }
    }
    refuse([9, 7, 4, 6, 3], .snapshots, "line 5: immigration does not go from [4] to [6] within 1")
    refuse([2, 1, 2], .jumps, "line 4: no reaction of immigration changes the amounts")
    refuse([1, 0, -1], .jumps, "line 4: expected 1 amounts")
    // At X = 1 the law is zero.
    death.reactions[0].rate = .law(
      .apply(.multiply, [.quantity(2), .apply(.subtract, [.quantity(0), .number(1)])]))
    let record = CountRecord(times: [0, 1, 2], counts: [[2], [1], [0]], lines: [2, 3, 4])
    let error = #expect(throws: FitError.self) {
      try NetworkEstimator(death, species: ["X"]).fit([record], seenAt: .jumps)
    }
    #expect(
      error.map { "\($0)" }?.hasPrefix("line 4: the rate of out is 0 at the amounts [1]") == true,
      "\(String(describing: error))")
  }

  @Test func refusalsAreOneSentence() {
    let network = immigrationDeath(1, 1)
    func text(_ parameters: [String], _ species: [String], _ record: CountRecord? = nil) -> String {
      do {
        let estimator = try NetworkEstimator(network, parameters: parameters, species: species)
        _ = try estimator.fit(record.map { [$0] } ?? [], seenAt: .jumps)
        return ""
      } catch { return "\(error)" }
    }
    #expect(text([], ["Y"]) == "immigration has no species Y")
    #expect(text([], []).hasPrefix("X changes and was not seen"))
    #expect(
      text(["X"], ["X"])
        == "X is no parameter that rates read; those of immigration are k, d")
    #expect(
      text([], ["X"], CountRecord(times: [0, 1], counts: [[1], [3]], lines: [2, 3]))
        == "line 3: no reaction of immigration changes the amounts from [1] to [3]")
    #expect(text([], ["X"]) == "no path has a jump")
    var still = network
    still.quantities[1].initial = 0
    #expect(throws: FitError.self) { try NetworkEstimator(still, species: ["X"]) }
  }
}
