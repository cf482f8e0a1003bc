/// The propensities of a network at states of its lattice.
///
/// A propensity is split into factors; one that reads a single species is kept as a table, so that
/// the propensities of a row cost one product each.
final class RateTables {
  /// The species of the coordinates: those that name rows, then the one along them.
  let axes: [Int]
  private var values: [Double]
  private var reactions: [Rate]

  private struct Rate {
    var constant = 1.0
    var tables: [FactorTable] = []
    var general: [Formula] = []
  }

  init(_ network: ReactionNetwork, axes: [Int]) {
    self.axes = axes
    values = network.initialValues
    let resolver = network.resolver
    reactions = network.reactions.map { reaction in
      let expression = resolver.inlined(network.propensity(of: reaction))
      var rate = Rate()
      for factor in expression.factors {
        let reads = factor.quantities
        if let constant = factor.constant {
          rate.constant *= constant
        } else if reads.count == 1, let axis = axes.firstIndex(where: { reads.contains($0) }) {
          rate.tables.append(FactorTable(axis: axis, formula: Formula(factor)))
        } else {
          rate.general.append(Formula(factor))
        }
      }
      return rate
    }
  }

  var count: Int { reactions.count }

  /// Writes the propensities of a reaction at the states `low ..< high` of a row.
  ///
  /// A propensity that is no rate is written as it is.
  func fill(
    _ reaction: Int, row: [Int32], low: Int, into rates: UnsafeMutableBufferPointer<Double>
  ) {
    var constant = reactions[reaction].constant
    var along: [Int] = []
    for index in reactions[reaction].tables.indices {
      let axis = reactions[reaction].tables[index].axis
      if axis == axes.count - 1 {
        along.append(index)
        cover(reaction, index, low..<low + rates.count)
      } else {
        constant *= value(reaction, index, at: Int(row[axis]))
      }
    }
    rates.update(repeating: constant)
    for index in along {
      let table = reactions[reaction].tables[index]
      table.known.withUnsafeBufferPointer { known in
        let first = low - table.first
        for place in rates.indices { rates[place] *= known[first + place] }
      }
    }
    guard !reactions[reaction].general.isEmpty else { return }
    for (axis, value) in row.enumerated() { values[axes[axis]] = Double(value) }
    for place in rates.indices {
      values[axes[axes.count - 1]] = Double(low + place)
      for formula in reactions[reaction].general {
        rates[place] *= formula.value(of: values, time: 0)
      }
    }
  }

  /// What the propensity of a reaction is along a row beside a number for each row: a table of
  /// `length`, or nil where it is no product of functions of one species each.
  func table(_ reaction: Int, length: Int) -> [Double]? {
    guard reactions[reaction].general.isEmpty else { return nil }
    var product = [Double](repeating: 1, count: length)
    for index in reactions[reaction].tables.indices
    where reactions[reaction].tables[index].axis == axes.count - 1 {
      cover(reaction, index, 0..<length)
      let table = reactions[reaction].tables[index]
      for place in product.indices { product[place] *= table[place] }
    }
    return product
  }

  /// The number that ``table(_:length:)`` is multiplied by in a row.
  func factor(_ reaction: Int, row: [Int32]) -> Double {
    var factor = reactions[reaction].constant
    for index in reactions[reaction].tables.indices {
      let axis = reactions[reaction].tables[index].axis
      guard axis != axes.count - 1 else { continue }
      factor *= value(reaction, index, at: Int(row[axis]))
    }
    return factor
  }

  private func value(_ reaction: Int, _ index: Int, at amount: Int) -> Double {
    cover(reaction, index, amount..<amount + 1)
    return reactions[reaction].tables[index][amount]
  }

  private func cover(_ reaction: Int, _ index: Int, _ amounts: Range<Int>) {
    guard !reactions[reaction].tables[index].holds(amounts) else { return }
    let species = axes[reactions[reaction].tables[index].axis]
    let saved = values[species]
    reactions[reaction].tables[index].cover(amounts) { formula, amount in
      values[species] = Double(amount)
      return formula.value(of: values, time: 0)
    }
    values[species] = saved
  }
}

/// The values of a factor of a propensity, which reads one species, at a range of its amounts.
private struct FactorTable {
  let axis: Int
  let formula: Formula
  /// The amount that the first value belongs to.
  private(set) var first = 0
  private(set) var known: [Double] = []

  init(axis: Int, formula: Formula) {
    self.axis = axis
    self.formula = formula
  }

  subscript(amount: Int) -> Double { known[amount - first] }

  func holds(_ amounts: Range<Int>) -> Bool {
    first <= amounts.lowerBound && amounts.upperBound <= first + known.count
  }

  /// Makes the table hold some amounts, and some more on each side.
  mutating func cover(_ amounts: Range<Int>, _ value: (Formula, Int) -> Double) {
    if known.isEmpty { first = max(0, amounts.lowerBound - 64) }
    if amounts.lowerBound < first {
      let low = max(0, amounts.lowerBound - 64)
      known = (low..<first).map { value(formula, $0) } + known
      first = low
    }
    let end = first + known.count
    guard amounts.upperBound > end else { return }
    known += (end..<amounts.upperBound + 64).map { value(formula, $0) }
  }
}
