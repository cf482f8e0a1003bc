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
    var tables: [(axis: Int, formula: Formula, known: [Double])] = []
    var general: [Formula] = []
  }

  init(_ network: ReactionNetwork, axes: [Int]) {
    self.axes = axes
    values = network.initialValues
    reactions = network.reactions.map { reaction in
      let expression = network.inlined(network.propensity(of: reaction))
      var rate = Rate()
      for factor in expression.factors {
        let reads = factor.quantities
        if let constant = factor.constant {
          rate.constant *= constant
        } else if reads.count == 1, let axis = axes.firstIndex(where: { reads.contains($0) }) {
          rate.tables.append((axis, Formula(factor), []))
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
        extend(reaction, index, to: low + rates.count)
      } else {
        let place = Int(row[axis])
        extend(reaction, index, to: place + 1)
        constant *= reactions[reaction].tables[index].known[place]
      }
    }
    rates.update(repeating: constant)
    for index in along {
      reactions[reaction].tables[index].known.withUnsafeBufferPointer { known in
        for place in rates.indices { rates[place] *= known[low + place] }
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
      extend(reaction, index, to: length)
      for place in product.indices {
        product[place] *= reactions[reaction].tables[index].known[place]
      }
    }
    return product
  }

  /// The number that ``table(_:length:)`` is multiplied by in a row.
  func factor(_ reaction: Int, row: [Int32]) -> Double {
    var factor = reactions[reaction].constant
    for index in reactions[reaction].tables.indices {
      let axis = reactions[reaction].tables[index].axis
      guard axis != axes.count - 1 else { continue }
      let place = Int(row[axis])
      extend(reaction, index, to: place + 1)
      factor *= reactions[reaction].tables[index].known[place]
    }
    return factor
  }

  private func extend(_ reaction: Int, _ index: Int, to count: Int) {
    let entry = reactions[reaction].tables[index]
    guard entry.known.count < count else { return }
    let species = axes[entry.axis]
    let saved = values[species]
    for value in entry.known.count..<count + 64 {
      values[species] = Double(value)
      reactions[reaction].tables[index].known.append(entry.formula.value(of: values, time: 0))
    }
    values[species] = saved
  }
}

extension ReactionNetwork {
  /// A formula with rules and constants put in.
  func inlined(_ expression: Expression) -> Expression {
    var result = expression
    for rule in rules.reversed() {
      result = result.replacing { $0 == rule.target ? rule.value : nil }
    }
    return resolved(result)
  }
}
