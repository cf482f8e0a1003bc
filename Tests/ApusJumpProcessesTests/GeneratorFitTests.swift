import ApusJumpProcesses
import ApusNumerics
import Foundation
import Testing

@Suite struct GeneratorFitTests {
  private let states = ["a", "b", "c"]
  private let generator = [[-1.5, 1.0, 0.5], [0.4, -0.6, 0.2], [0.0, 2.0, -2.0]]

  /// A path of the generator up to a time, jump by jump.
  private func path(until end: Double, seed: UInt64) throws -> StateRecord {
    let matrix = DenseMatrix(rows: 3, columns: 3, values: generator.flatMap { $0 })
    return try SparseGenerator(matrix: matrix).paths(from: 0, until: end, count: 1, seed: seed)[0]
  }

  /// What is seen of a path at multiples of a spacing.
  private func snapshots(of path: StateRecord, every spacing: Double) -> StateRecord {
    var record = StateRecord(times: [], states: [])
    var place = 0
    for index in 0... {
      let time = Double(index) * spacing
      guard time <= path.times[path.times.count - 1] else { break }
      while place + 1 < path.times.count, path.times[place + 1] <= time { place += 1 }
      record.times.append(time)
      record.states.append(path.states[place])
    }
    return record
  }

  private func expectToHold(_ fit: GeneratorFit) throws {
    for estimate in fit.estimates {
      let names = estimate.name.split(separator: " → ").map(String.init)
      let from = try #require(states.firstIndex(of: names[0]))
      let to = try #require(states.firstIndex(of: names[1]))
      let rate = generator[from][to]
      #expect(estimate.lower ?? 0 <= rate, "\(estimate)")
      #expect(estimate.upper ?? .infinity >= rate, "\(estimate)")
    }
  }

  @Test func completePathsGiveJumpsOverTime() throws {
    let record = StateRecord(times: [0, 2, 3, 7, 8], states: [0, 1, 0, 1, 1])
    let fit = try GeneratorFit(completePaths: [record], states: ["off", "on"])
    let rates: [[Double]] = [[-1.0 / 3, 1.0 / 3], [0.5, -0.5]]
    #expect(fit.rates == rates)
    let likelihood = 2 * log(2.0 / 6) + log(0.5) - 3
    #expect(abs(fit.logLikelihood - likelihood) < 1e-12)
    // scipy.stats.chi2.ppf([.025, .975], [2 n, 2 n + 2]) / 2 / time
    #expect(abs((fit.estimates[0].lower ?? 0) - 0.2422092785 / 6) < 1e-8)
    #expect(abs((fit.estimates[0].upper ?? 0) - 7.2246877090 / 6) < 1e-8)
    #expect(abs((fit.estimates[1].upper ?? 0) - 5.5716433909 / 2) < 1e-8)
  }

  @Test func completePathsGiveTheRatesBack() throws {
    let records = try (1...3).map { try path(until: 300, seed: $0) }
    let fit = try GeneratorFit(completePaths: records, states: states, confidence: 0.999)
    try expectToHold(fit)
    #expect(fit.rates[2][0] == 0)
    #expect(try #require(fit.fit).probability > 1e-3)
  }

  /// With equal spacings and an embeddable matrix of shares, the best generator is its logarithm.
  @Test func snapshotsGiveTheLogarithmOfTheShares() throws {
    // 60 of 80 and 15 of 20 stay; eigenvalue ½.
    let states = Array(repeating: 0, count: 61) + Array(repeating: 1, count: 16)
    var records = [StateRecord(times: states.indices.map(Double.init), states: states)]
    records += (0..<19).map { _ in StateRecord(times: [0, 1], states: [0, 1]) }
    records += (0..<5).map { _ in StateRecord(times: [0, 1], states: [1, 0]) }
    let fit = try GeneratorFit(snapshots: records, states: ["0", "1"])
    #expect(fit.embeddability == .yes)
    #expect(abs(fit.rates[0][1] - log(2) / 2) < 1e-5)
    #expect(abs(fit.rates[1][0] - log(2) / 2) < 1e-5)
    let likelihood = 75 * log(0.75) + 25 * log(0.25)
    #expect(abs(fit.logLikelihood - likelihood) < 1e-8)
    // The information of 80 and 20 draws at ¼, by the chain of P = ½ ± ½e^(−2q).
    let first = try #require(fit.estimates[0].upper) / fit.rates[0][1]
    let second = try #require(fit.estimates[1].upper) / fit.rates[1][0]
    #expect(first < second)
  }

  @Test func snapshotsGiveTheRatesBack() throws {
    let records = try (1...4).map { try snapshots(of: path(until: 300, seed: $0), every: 0.25) }
    let fit = try GeneratorFit(snapshots: records, states: states, confidence: 0.999)
    try expectToHold(fit)
    #expect(try #require(fit.fit).probability > 1e-3)
  }

  /// Spacings of two lengths: the likelihood takes both, and there is no one matrix.
  @Test func spacingsMayDiffer() throws {
    let whole = try path(until: 600, seed: 9)
    let records = [snapshots(of: whole, every: 0.2), snapshots(of: whole, every: 0.45)]
    let fit = try GeneratorFit(snapshots: records, states: states, confidence: 0.999)
    try expectToHold(fit)
    guard case .undecided = fit.embeddability else {
      Issue.record("\(String(describing: fit.embeddability))")
      return
    }
    #expect(fit.fit == nil)
  }

  /// Thousands of spacings, no two alike: the likelihood is that of the closed form, and at its top.
  @Test func everySpacingMayBeItsOwn() throws {
    let (on, off) = (0.7, 1.9)
    var stream = PhiloxStream(seed: 4, purpose: 0, epoch: 0, index: 0)
    func stay(_ from: Int, _ time: Double, _ on: Double, _ off: Double) -> Double {
      let share = (from == 0 ? off : on) / (on + off)
      return share + (1 - share) * exp(-(on + off) * time)
    }
    var record = StateRecord(times: [0], states: [0])
    for place in 0..<4000 {
      let spacing = Double.random(in: 0.01..<2, using: &stream)
      let from = record.states[place]
      let stays = Double.random(in: 0..<1, using: &stream) < stay(from, spacing, on, off)
      record.times.append(record.times[place] + spacing)
      record.states.append(stays ? from : 1 - from)
    }
    let fit = try GeneratorFit(snapshots: [record], states: ["off", "on"], confidence: 0.999)
    func logLikelihood(_ on: Double, _ off: Double) -> Double {
      (0..<4000).reduce(0) { sum, place in
        let time = record.times[place + 1] - record.times[place]
        let stays = stay(record.states[place], time, on, off)
        return sum + log(record.states[place + 1] == record.states[place] ? stays : 1 - stays)
      }
    }
    let (found, back) = (fit.rates[0][1], fit.rates[1][0])
    let top = logLikelihood(found, back)
    #expect(abs(fit.logLikelihood - top) < 1e-8 * abs(top))
    for factor in [0.99, 1.01] {
      #expect(logLikelihood(found * factor, back) < top)
      #expect(logLikelihood(found, back * factor) < top)
    }
    for (estimate, rate) in zip(fit.estimates, [on, off]) {
      #expect((estimate.lower ?? 0)...(estimate.upper ?? .infinity) ~= rate, "\(estimate)")
    }
  }

  private func fit(_ transitions: [(Int, Int, Int)], states count: Int) throws -> GeneratorFit {
    let records = transitions.flatMap { from, to, times in
      (0..<times).map { _ in StateRecord(times: [0, 1], states: [from, to]) }
    }
    return try GeneratorFit(snapshots: records, states: (0..<count).map { "\($0)" })
  }

  /// The next state is mostly the other one: no spacing of a process without memory does that.
  @Test func flippingHasNoGenerator() throws {
    do {
      _ = try fit([(0, 0, 2), (0, 1, 8), (1, 0, 7), (1, 1, 3)], states: 2)
      Issue.record("a generator was found")
    } catch {
      #expect("\(error)".contains("those of no generator: its determinant is -0.5"), "\(error)")
    }
  }

  @Test func aMissingStepHasNoGenerator() throws {
    let fit = try fit(
      [(0, 0, 8), (0, 1, 2), (1, 0, 2), (1, 1, 6), (1, 2, 2), (2, 1, 2), (2, 2, 8)], states: 3)
    guard case .no(let reason) = fit.embeddability else {
      Issue.record("\(String(describing: fit.embeddability))")
      return
    }
    #expect(reason.contains("connected through others"))
    // The step that was never seen has a rate of zero, with an upper bound.
    #expect(fit.rates[0][2] < 1e-6)
    #expect(try #require(fit.estimates[1].upper) > 0.01)
  }

  @Test func refusalsNameTheLine() {
    func text(_ record: StateRecord, _ names: [String] = ["x", "y"]) -> String {
      do {
        _ = try GeneratorFit(completePaths: [record], states: names)
        return ""
      } catch { return "\(error)" }
    }
    #expect(
      text(StateRecord(times: [0, 0], states: [0, 1], lines: [2, 3]))
        == "line 3: time 0.0 is not after the one before in the same path")
    #expect(
      text(StateRecord(times: [0, 1], states: [0, 0]))
        == "no path has a jump from one state to another")
    #expect(text(StateRecord(times: [0, 1], states: [0, 7])) == "there is no state 7")
    #expect(
      text(StateRecord(times: [0, 1], states: [0, 0]), ["x"]) == "1 states; expected 2 to 100")
    #expect(throws: FitError.self) {
      try GeneratorFit(snapshots: [StateRecord(times: [1], states: [0])], states: ["x", "y"])
    }
    let record = StateRecord(times: [0, 1, 2, 3], states: [0, 1, 0, 1])
    let unseen = #expect(throws: FitError.self) {
      try GeneratorFit(snapshots: [record], states: ["x", "y", "z"])
    }
    #expect(unseen?.description.contains("state z is never seen") == true)
  }
}
