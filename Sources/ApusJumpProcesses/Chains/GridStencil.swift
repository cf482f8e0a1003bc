import CJumpProcesses

/// The generator of a network on a whole grid of amounts, as factored stencils.
///
/// A reaction is a shift and a product of one table for each species, so no matrix is stored: a
/// vector of exits and the tables are all. A propensity that does not split into such factors has a
/// table of its own over the grid. What leaves the grid is lost.
final class GridStencil: ProbabilityFlow {
  let states: Int
  let largestExit: Double
  /// One row for each set of the other coordinates, all of one length.
  let rows: StateRows
  private let rowLength: Int
  /// How many rows apart what flows into a row is at most.
  private let reach: Int
  private let runBegin: [Int64]
  private let runs: [apus_stencil_run]
  private let exits: AlignedNumbers
  private let tables: AlignedNumbers

  /// - Parameter bounds: one past the largest amount of each axis, in the order of `tables.axes`.
  init(
    bounds: [Int], jumps: [Jump], tables rates: RateTables, network: ReactionNetwork
  ) throws(JumpProcessError) {
    let rows = Self.rows(of: bounds)
    let length = bounds[bounds.count - 1]
    var builder = StencilBuilder(rows: rows, length: length, rates: rates)
    for row in 0..<rows.count {
      for reaction in jumps.indices { try builder.add(reaction, jumps[reaction], row, network) }
    }
    self.rows = rows
    rowLength = length
    states = rows.count * length
    exits = AlignedNumbers(builder.exits, quarter: 2)
    largestExit = builder.exits.max() ?? 0
    tables = AlignedNumbers(builder.tables, quarter: 0)
    var begin: [Int64] = [0]
    for runs in builder.incoming { begin.append(begin[begin.count - 1] + Int64(runs.count)) }
    runBegin = begin
    runs = builder.incoming.flatMap { $0 }
    reach = builder.incoming.enumerated().reduce(1) { reach, row in
      row.element.reduce(reach) { max($0, abs(Int($1.source) / length - row.offset)) }
    }
  }

  private static func rows(of bounds: [Int]) -> StateRows {
    let width = bounds.count - 1
    var rows = StateRows(width: width)
    var place = [Int32](repeating: 0, count: width)
    while true {
      rows.cover(place, 0..<bounds[width])
      var axis = width - 1
      while axis >= 0 {
        place[axis] += 1
        if Int(place[axis]) < bounds[axis] { break }
        place[axis] = 0
        axis -= 1
      }
      if axis < 0 { return rows }
    }
  }

  /// The place of a state in vectors.
  func place(of amounts: [Int]) -> Int? {
    guard let row = rows.row(at: amounts.dropLast().map(Int32.init)),
      0..<rowLength ~= amounts[amounts.count - 1]
    else { return nil }
    return row * rowLength + amounts[amounts.count - 1]
  }

  /// For each axis the probability of its largest amount.
  func edgeProbabilities(_ p: [Double], bounds: [Int]) -> [Double] {
    var result = [Double](repeating: 0, count: bounds.count)
    for row in 0..<rows.count {
      let states = p[row * rowLength..<(row + 1) * rowLength]
      let sum = states.reduce(0, +)
      for axis in 0..<rows.width
      where Int(rows.coordinates[row * rows.width + axis]) + 1 == bounds[axis] {
        result[axis] += sum
      }
      result[bounds.count - 1] += states[states.endIndex - 1]
    }
    return result
  }

  func apply(
    _ x: [Double], into y: inout [Double], identity: Double, scale: Double, weight: Double,
    sum: inout [Double]
  ) {
    x.withUnsafeBufferPointer { x in
      y.withUnsafeMutableBufferPointer { y in
        sum.withUnsafeMutableBufferPointer { sum in
          // One product only reads `x`.
          multiply(
            UnsafeMutablePointer(mutating: x.baseAddress), y.baseAddress, identity, scale,
            [weight], sum.baseAddress)
        }
      }
    }
  }

  func advance(
    _ x: inout [Double], room: inout [Double], scale: Double, weights: [Double],
    sum: inout [Double]
  ) {
    var from = AlignedNumbers(x, quarter: 0)
    var into = AlignedNumbers(room, quarter: 1)
    let total = AlignedNumbers(sum, quarter: 3)
    for begin in stride(from: 0, to: weights.count, by: productsTogether) {
      let part = weights[begin..<min(weights.count, begin + productsTogether)]
      multiply(from.pointer, into.pointer, 1, scale, Array(part), total.pointer)
      if part.count % 2 == 1 { swap(&from, &into) }
    }
    x = from.array
    sum = total.array
  }

  /// Products that follow each other through the rows: as many as have what they read in a cache of
  /// half a megabyte.
  private var productsTogether: Int {
    let bytesBetween = 4 * 8 * reach * rowLength  // of both arrays, exits and sums
    return max(1, min(16, 500_000 / bytesBetween))
  }

  private func multiply(
    _ x: UnsafeMutablePointer<Double>?, _ y: UnsafeMutablePointer<Double>?, _ identity: Double,
    _ scale: Double, _ weights: [Double], _ sum: UnsafeMutablePointer<Double>?
  ) {
    runBegin.withUnsafeBufferPointer { runBegin in
      runs.withUnsafeBufferPointer { runs in
        var stencil = apus_stencil(
          rows: Int64(rows.count), row_length: Int64(rowLength), reach: Int64(reach),
          run_begin: runBegin.baseAddress, runs: runs.baseAddress, exits: exits.pointer,
          tables: tables.pointer)
        apus_stencil_apply(
          &stencil, x, y, identity, scale, Int32(weights.count), weights, sum)
      }
    }
  }
}

/// Collects the runs of a stencil.
private struct StencilBuilder {
  private let rows: StateRows
  private let length: Int
  private let rates: RateTables
  /// Where each reaction's table begins, and the reactions whose rate is the same along a row.
  private var begin: [Int?]
  private var ones: Set<Int> = []
  var tables: [Double] = []
  var exits: [Double]
  var incoming: [[apus_stencil_run]]

  init(rows: StateRows, length: Int, rates: RateTables) {
    self.rows = rows
    self.length = length
    self.rates = rates
    exits = Array(repeating: 0, count: rows.count * length)
    incoming = Array(repeating: [], count: rows.count)
    begin = []
    for reaction in 0..<rates.count {
      guard let table = rates.table(reaction, length: length) else {
        begin.append(nil)
        continue
      }
      begin.append(tables.count)
      tables += table
      if table.allSatisfy({ $0 == 1 }) { ones.insert(reaction) }
    }
  }

  mutating func add(
    _ reaction: Int, _ jump: Jump, _ row: Int, _ network: ReactionNetwork
  ) throws(JumpProcessError) {
    let here = rows.coordinates(of: row)
    let first = begin[reaction] ?? tables.count
    var factor = 1.0
    if begin[reaction] == nil {
      var part = [Double](repeating: 0, count: length)
      part.withUnsafeMutableBufferPointer { rates.fill(reaction, row: here, low: 0, into: $0) }
      tables += part
    } else {
      factor = rates.factor(reaction, row: here)
    }
    guard jump.along != 0 || jump.across.contains(where: { $0 != 0 }) else { return }
    // A jump to a negative amount is none at all, as on the adaptive support.
    for place in 0..<length {
      let rate = factor * tables[first + place]
      guard rate >= 0, rate < .infinity else {
        throw .propensity(
          reaction: network.reactions[reaction].name, value: rate, time: 0,
          state: name(here, place, network))
      }
      exits[row * length + place] += rate
    }
    let target = zip(here, jump.across).map { $0 + $1 }
    guard let other = rows.row(at: target) else { return }
    let low = max(0, -jump.along)
    let high = min(length, length - jump.along)
    guard low < high else { return }
    let isOfOnes = begin[reaction] != nil && ones.contains(reaction)
    let run = apus_stencil_run(
      target: Int64(other * length + low + jump.along), source: Int64(row * length + low),
      table: isOfOnes ? -1 : Int64(first + low), count: Int64(high - low), scale: factor)
    // Those with tables are first.
    incoming[other].insert(run, at: isOfOnes ? incoming[other].count : 0)
  }

  private func name(_ row: [Int32], _ along: Int, _ network: ReactionNetwork) -> String {
    zip(rates.axes, row.map(Int.init) + [along]).map { axis, amount in
      "\(network.quantities[axis].name) = \(amount)"
    }.joined(separator: ", ")
  }
}
