import ApusNumerics
import Glibc
import Synchronization

extension SparseGenerator {
  /// Paths of the process, jump by jump.
  ///
  /// Each waits an exponential time in a state and picks the next in proportion to the rates, as
  /// Gillespie's direct method does. The last place of a record repeats the state at `until`, as
  /// ``GeneratorFit/init(completePaths:states:confidence:)`` wants it. A path that leaves the set of
  /// states by a leak ends there, without that place. The same seed gives the same paths for any
  /// number of threads.
  ///
  /// ```swift
  /// let switches = try SparseGenerator(matrix: .init(rows: 2, columns: 2, values: [0, 1, 3, 0]))
  /// let paths = try switches.paths(from: 0, until: 100, count: 20)
  /// let fit = try GeneratorFit(completePaths: paths, states: ["off", "on"])
  /// ```
  ///
  /// - Parameter jumpLimit: the most jumps of one path.
  /// - Throws: ``JumpProcessError/setting(_:)`` where there is no such state or time, and
  ///   ``JumpProcessError/eventLimit(limit:path:time:)``.
  public func paths(
    from start: Int, until: Double, count: Int, seed: UInt64 = 0, threads: Int = 1,
    jumpLimit: Int = 10_000_000
  ) throws(JumpProcessError) -> [StateRecord] {
    guard 0..<states ~= start, until > 0, until.isFinite, count > 0 else {
      throw .setting(
        "\(count) paths from state \(start) until \(until): expected at least one path, a state of 0 "
          + "to \(states - 1) and a time above 0")
    }
    let fault = Mutex<JumpProcessError?>(nil)
    let paths = parallelMap(threads: threads, items: count) { index in
      var random = PhiloxStream(seed: seed, purpose: StreamPurpose.path, index: UInt64(index))
      let (record, isWhole) = path(from: start, until: until, most: jumpLimit, &random)
      if !isWhole {
        let time = record.times[record.times.count - 1]
        fault.withLock { $0 = $0 ?? .eventLimit(limit: jumpLimit, path: index, time: time) }
      }
      return record
    }
    if let error = fault.withLock({ $0 }) { throw error }
    return paths
  }

  private func path(
    from start: Int, until: Double, most: Int, _ random: inout PhiloxStream
  ) -> (StateRecord, isWhole: Bool) {
    var record = StateRecord(times: [0], states: [start])
    var (state, time) = (start, 0.0)
    while record.states.count <= most {
      time -= log1p(-Double.random(in: 0..<1, using: &random)) / exits[state]
      // An absorbing state is never left: its exit is 0, the time infinite or, for a draw of 0, none.
      guard time < until else {
        record.times.append(until)
        record.states.append(state)
        return (record, true)
      }
      guard let next = jump(from: state, Double.random(in: 0..<1, using: &random)) else {
        return (record, true)
      }
      state = next
      record.times.append(time)
      record.states.append(state)
    }
    return (record, false)
  }

  /// The state that a share of the exit leads to; nil where that is a leak.
  private func jump(from state: Int, _ share: Double) -> Int? {
    var rest = share * exits[state]
    for place in outgoing.begin[state]..<outgoing.begin[state + 1] {
      if rest < outgoing.rate[place] { return Int(outgoing.other[place]) }
      rest -= outgoing.rate[place]
    }
    guard rowSum(state) > -1e-12 * exits[state] else { return nil }
    // What rounding left over belongs to the last jump.
    let last = outgoing.begin[state + 1] - 1
    return last < outgoing.begin[state] ? nil : Int(outgoing.other[last])
  }
}
