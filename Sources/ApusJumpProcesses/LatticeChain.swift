import CJumpProcesses

/// The jumps of a network on a set of states, ready for uniformization.
///
/// `P = I + W/λ` on the set; what leaves the set is lost. `W` is kept in blocks of columns: a block has
/// the columns of the states of one row, and in it a run of numbers beside each other for every
/// reaction that leads there from another row.
final class LatticeChain {
  let rows: StateRows
  let states: Int
  /// The largest rate at which a state is left.
  let largestExit: Double
  private let begin: [Int64]
  private let flowBegin: [Int64]
  private let flows: [apus_flow]
  private var rates: [Double]
  private let exits: [Double]
  private var stay: [Double]
  /// The states around which the set has room: see ``isCramped(_:above:)``.
  let core: StateRows
  /// The bounds of the core in each row of the set.
  private let coreLow: [Int]
  private let coreHigh: [Int]
  /// States with a propensity that is no rate, and the reaction that has it; nothing leaves them.
  let faulty: [(state: Int, reaction: Int, value: Double)]

  init(_ rows: StateRows, core: StateRows, jumps: [Jump], tables: RateTables) {
    self.rows = rows
    self.core = core
    let inner = (0..<rows.count).map { core.row(at: rows.coordinates(of: $0)) }
    coreLow = inner.map { $0.map { core.low[$0] } ?? .max }
    coreHigh = inner.map { $0.map { core.high[$0] } ?? .min }
    var begin: [Int64] = [0]
    for row in 0..<rows.count { begin.append(begin[row] + Int64(rows.high[row] - rows.low[row])) }
    self.begin = begin
    let states = Int(begin[rows.count])
    self.states = states
    var exits = [Double](repeating: 0, count: states)
    var faulty: [(state: Int, reaction: Int, value: Double)] = []
    rates = Array(repeating: 0, count: states * jumps.count)
    rates.withUnsafeMutableBufferPointer { rates in
      for row in 0..<rows.count {
        let coordinates = rows.coordinates(of: row)
        let (from, to) = (Int(begin[row]), Int(begin[row + 1]))
        for reaction in jumps.indices {
          let part = UnsafeMutableBufferPointer(
            rebasing: rates[reaction * states + from..<reaction * states + to])
          tables.fill(reaction, row: coordinates, low: rows.low[row], into: part)
          for place in part.indices {
            if !(part[place] >= 0 && part[place] < .infinity) {
              faulty.append((from + place, reaction, part[place]))
            }
            exits[from + place] += part[place]
          }
        }
      }
      for (state, _, _) in faulty {
        exits[state] = 0
        for reaction in jumps.indices { rates[reaction * states + state] = 0 }
      }
    }
    self.faulty = faulty
    self.exits = exits
    largestExit = exits.max() ?? 0
    stay = exits
    (flowBegin, flows) = Self.connect(rows, jumps, begin, states)
  }

  private static func connect(
    _ rows: StateRows, _ jumps: [Jump], _ begin: [Int64], _ states: Int
  ) -> ([Int64], [apus_flow]) {
    var incoming: [[apus_flow]] = Array(repeating: [], count: rows.count)
    var target = [Int32](repeating: 0, count: rows.width)
    for row in 0..<rows.count {
      for (reaction, jump) in jumps.enumerated() {
        guard rows.place(&target, of: jump, from: row), let other = rows.row(at: target) else {
          continue
        }
        let first = max(rows.low[row] + jump.along, rows.low[other])
        let last = min(rows.high[row] + jump.along, rows.high[other])
        guard first < last else { continue }
        let source = begin[row] + Int64(first - jump.along - rows.low[row])
        incoming[other].append(
          apus_flow(
            target: begin[other] + Int64(first - rows.low[other]), source: source,
            rate: Int64(reaction * states) + source, count: Int64(last - first)))
      }
    }
    var flowBegin: [Int64] = [0]
    for flows in incoming { flowBegin.append(flowBegin[flowBegin.count - 1] + Int64(flows.count)) }
    return (flowBegin, incoming.flatMap { $0 })
  }

  /// Scales the step matrix for a rate of at least the largest exit.
  func scale(by rate: Double) {
    for index in rates.indices { rates[index] /= rate }
    for index in stay.indices { stay[index] = 1 - exits[index] / rate }
  }

  /// `y = P x`, and `sum += weight · y`.
  func step(_ x: [Double], into y: inout [Double], weight: Double, sum: inout [Double]) {
    withUnsafePointers { chain in
      x.withUnsafeBufferPointer { x in
        y.withUnsafeMutableBufferPointer { y in
          sum.withUnsafeMutableBufferPointer { sum in
            apus_chain_step(chain, x.baseAddress, y.baseAddress, weight, sum.baseAddress)
          }
        }
      }
    }
  }

  private func withUnsafePointers(_ body: (UnsafePointer<apus_chain>) -> Void) {
    begin.withUnsafeBufferPointer { begin in
      flowBegin.withUnsafeBufferPointer { flowBegin in
        flows.withUnsafeBufferPointer { flows in
          stay.withUnsafeBufferPointer { stay in
            rates.withUnsafeBufferPointer { rates in
              var chain = apus_chain(
                rows: Int64(rows.count), row_begin: begin.baseAddress,
                flow_begin: flowBegin.baseAddress, flows: flows.baseAddress,
                stay: stay.baseAddress, rates: rates.baseAddress)
              body(&chain)
            }
          }
        }
      }
    }
  }

  /// The amounts of a state, in the order of the axes.
  func amounts(of state: Int) -> [Int] {
    let row = (begin.firstIndex { $0 > state } ?? begin.count) - 1
    return rows.coordinates(of: row).map(Int.init) + [rows.low[row] + state - Int(begin[row])]
  }

  /// The part of each row from its first to its last entry above `threshold`; empty where there is
  /// none.
  private func support(of x: [Double], row: Int, above threshold: Double) -> Range<Int> {
    var (first, last) = (Int(begin[row]), Int(begin[row + 1]))
    while first < last, !(x[first] > threshold) { first += 1 }
    while last > first, !(x[last - 1] > threshold) { last -= 1 }
    let shift = rows.low[row] - Int(begin[row])
    return first + shift..<last + shift
  }

  /// The rows of the entries above `threshold`.
  func support(of x: [Double], above threshold: Double) -> StateRows {
    var result = StateRows(width: rows.width)
    for row in 0..<rows.count {
      result.cover(
        rows.coordinates(of: row), support(of: x, row: row, above: threshold))
    }
    return result
  }

  /// Whether an entry above `threshold` lies outside the core, so that it may soon leave the set.
  func isCramped(_ x: [Double], above threshold: Double) -> Bool {
    for row in 0..<rows.count {
      let bounds = support(of: x, row: row, above: threshold)
      if bounds.isEmpty { continue }
      guard coreLow[row] <= bounds.lowerBound, coreHigh[row] >= bounds.upperBound else {
        return true
      }
    }
    return false
  }

  /// The entries of `x`, a vector of another set, at the states of this one.
  func adopt(_ x: [Double], of other: LatticeChain) -> [Double] {
    var result = [Double](repeating: 0, count: states)
    for row in 0..<rows.count {
      guard let source = other.rows.row(at: rows.coordinates(of: row)) else { continue }
      let first = max(rows.low[row], other.rows.low[source])
      let last = min(rows.high[row], other.rows.high[source])
      guard first < last else { continue }
      let to = Int(begin[row]) + first - rows.low[row]
      let from = Int(other.begin[source]) + first - other.rows.low[source]
      for index in 0..<last - first { result[to + index] = x[from + index] }
    }
    return result
  }
}
