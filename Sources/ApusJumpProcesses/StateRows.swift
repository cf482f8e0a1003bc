/// A set of states of a lattice, as rows: states that differ in the last coordinate alone, from a
/// lower to an upper bound.
///
/// Rows are found by a hash of their other coordinates, so the set may have any shape and any number
/// of dimensions.
struct StateRows: Sendable {
  /// The number of coordinates that name a row.
  let width: Int
  /// `[row][coordinate]`.
  private(set) var coordinates: [Int32] = []
  var low: [Int] = []
  /// One past the last state of each row.
  var high: [Int] = []
  private var table: [Int32] = Array(repeating: -1, count: 64)

  init(width: Int) { self.width = width }

  var count: Int { low.count }

  /// The number of states.
  var states: Int { zip(low, high).reduce(0) { $0 + $1.1 - $1.0 } }

  /// The place of a row in the order of rows, or nil where there is none.
  func row(at target: [Int32]) -> Int? {
    let index = table[slot(of: target)]
    return index < 0 ? nil : Int(index)
  }

  /// Makes the row at `target` cover `low ..< high` as well.
  mutating func cover(_ target: [Int32], _ bounds: Range<Int>) {
    guard !bounds.isEmpty else { return }
    let place = slot(of: target)
    if table[place] >= 0 {
      let row = Int(table[place])
      low[row] = min(low[row], bounds.lowerBound)
      high[row] = max(high[row], bounds.upperBound)
      return
    }
    table[place] = Int32(count)
    coordinates += target
    low.append(bounds.lowerBound)
    high.append(bounds.upperBound)
    if 2 * count > table.count { enlarge() }
  }

  /// The slot that holds a row, or the empty one where it would go.
  private func slot(of target: [Int32]) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in target {
      hash = (hash ^ UInt64(UInt32(bitPattern: value))) &* 0x9E37_79B9_7F4A_7C15
      hash ^= hash >> 29
    }
    let mask = table.count - 1
    var place = Int(truncatingIfNeeded: hash >> 7) & mask
    while table[place] >= 0, !isRow(Int(table[place]), at: target) { place = (place + 1) & mask }
    return place
  }

  private func isRow(_ row: Int, at target: [Int32]) -> Bool {
    for index in 0..<width where coordinates[row * width + index] != target[index] { return false }
    return true
  }

  private mutating func enlarge() {
    table = Array(repeating: -1, count: 4 * table.count)
    for row in 0..<count {
      table[slot(of: Array(coordinates[row * width..<(row + 1) * width]))] = Int32(row)
    }
  }

  /// Makes the set hold the states of another as well.
  mutating func cover(_ other: StateRows) {
    for row in 0..<other.count {
      cover(other.coordinates(of: row), other.low[row]..<other.high[row])
    }
  }

  /// The coordinates that name a row.
  func coordinates(of row: Int) -> [Int32] { Array(coordinates[row * width..<(row + 1) * width]) }

  /// Writes the coordinates of the row that a jump leads to; false where there can be none.
  func place(_ target: inout [Int32], of jump: Jump, from row: Int) -> Bool {
    for index in 0..<width {
      let (sum, isTooLarge) = coordinates[row * width + index]
        .addingReportingOverflow(jump.across[index])
      guard !isTooLarge, sum >= 0 else { return false }
      target[index] = sum
    }
    return true
  }

  /// The rows with every state that `rounds` jumps can reach from them.
  func dilated(by jumps: [Jump], rounds: Int) -> StateRows {
    var rows = self
    var target = [Int32](repeating: 0, count: width)
    for _ in 0..<rounds {
      let before = rows
      for row in 0..<before.count {
        for jump in jumps {
          guard before.place(&target, of: jump, from: row) else { continue }
          let bounds = max(0, before.low[row] + jump.along)..<max(0, before.high[row] + jump.along)
          rows.cover(target, bounds)
        }
      }
    }
    return rows
  }
}

/// What a reaction changes: coordinates that name rows, and the place in the row.
struct Jump: Sendable, Hashable {
  var across: [Int32]
  var along: Int
}
