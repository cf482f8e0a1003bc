/// Probabilities of states.
public struct StateDistribution: Sendable {
  private let network: ReactionNetwork
  private let axes: [Int]
  private let rows: StateRows
  private let probabilities: [Double]
  /// When it is; nil of what does not change any more.
  public let time: Double?

  init(
    network: ReactionNetwork, axes: [Int], rows: StateRows, probabilities: [Double], time: Double?
  ) {
    self.time = time
    self.network = network
    self.axes = axes
    self.rows = rows
    self.probabilities = probabilities
  }

  /// Probabilities of states in any order, `amounts` as in ``NetworkStates``.
  init(
    network: ReactionNetwork, moving: [Int], amounts: [Int32], probabilities: [Double],
    time: Double?
  ) {
    let width = moving.count
    var rows = StateRows(width: width - 1)
    var places: [Int] = []
    let order = probabilities.indices.sorted { a, b in
      amounts[a * width..<(a + 1) * width].lexicographicallyPrecedes(
        amounts[b * width..<(b + 1) * width])
    }
    for state in order {
      let place = amounts[state * width..<(state + 1) * width]
      let along = Int(place[place.endIndex - 1])
      rows.cover(Array(place.dropLast()), along..<along + 1)
    }
    var begin = 0
    for row in 0..<rows.count {
      places.append(begin)
      begin += rows.high[row] - rows.low[row]
    }
    var sorted = [Double](repeating: 0, count: begin)
    for state in order {
      let place = amounts[state * width..<(state + 1) * width]
      guard let row = rows.row(at: Array(place.dropLast())) else { continue }
      sorted[places[row] + Int(place[place.endIndex - 1]) - rows.low[row]] = probabilities[state]
    }
    self.init(network: network, axes: moving, rows: rows, probabilities: sorted, time: time)
  }

  /// The species that change, in the order of the model.
  public var species: [String] { axes.sorted().map { network.quantities[$0].name } }

  /// The number of states with probability.
  public var states: Int { probabilities.count { $0 > 0 } }

  /// The sum of all probabilities.
  public var total: Double { probabilities.reduce(0, +) }

  /// The probabilities of 0, 1, … of a species; nil where it does not change.
  public func marginal(of name: String) -> [Double]? {
    spread(of: name).map { first, probabilities in
      [Double](repeating: 0, count: first) + probabilities
    }
  }

  /// The probabilities of the amounts of a species from the first that any state has.
  private func spread(of name: String) -> (first: Int, probabilities: [Double])? {
    guard let index = network.index(of: name), let axis = axes.firstIndex(of: index) else {
      return nil
    }
    func amount(_ row: Int, _ along: Int) -> Int {
      axis == axes.count - 1 ? along : Int(rows.coordinates[row * rows.width + axis])
    }
    var (first, last) = (Int.max, -1)
    forEachState { _, row, along in
      first = min(first, amount(row, along))
      last = max(last, amount(row, along))
    }
    guard last >= 0 else { return (0, []) }
    var result = [Double](repeating: 0, count: last + 1 - first)
    forEachState { place, row, along in
      result[amount(row, along) - first] += probabilities[place]
    }
    return (first, result)
  }

  /// The mean and the standard deviation of a species.
  public func moments(of name: String) -> (mean: Double, deviation: Double)? {
    guard let (first, marginal) = spread(of: name) else {
      guard let index = network.index(of: name) else { return nil }
      return network.assigned.contains(index)
        ? moments(ofRule: index) : (network.quantities[index].initial, 0)
    }
    let total = marginal.reduce(0, +)
    var mean = 0.0
    for (place, probability) in marginal.enumerated() {
      mean += Double(first + place) * probability
    }
    mean /= total
    var variance = 0.0
    for (place, probability) in marginal.enumerated() {
      let difference = Double(first + place) - mean
      variance += difference * difference * probability
    }
    return (mean, (variance / total).squareRoot())
  }

  /// The means and the covariance of the species that change, in the order of the model.
  var covariance: (means: [Double], covariance: DenseMatrix) {
    let places = axes.sorted().map { axes.firstIndex(of: $0) ?? 0 }
    var means = [Double](repeating: 0, count: places.count)
    var covariance = DenseMatrix(rows: places.count, columns: places.count)
    forEachAmounts(places) { amounts, share in
      for index in amounts.indices { means[index] += amounts[index] * share }
    }
    forEachAmounts(places) { amounts, share in
      for row in amounts.indices {
        let weighted = (amounts[row] - means[row]) * share
        for column in amounts.indices {
          covariance[row, column] += weighted * (amounts[column] - means[column])
        }
      }
    }
    return (means, covariance)
  }

  /// Calls `body` with the amounts along some axes in each state and the share of the state's probability.
  private func forEachAmounts(
    _ places: [Int], _ body: (_ amounts: [Double], _ share: Double) -> Void
  ) {
    let total = total
    var amounts = [Double](repeating: 0, count: places.count)
    forEachState { state, row, along in
      for (index, place) in places.enumerated() {
        amounts[index] =
          place == rows.width ? Double(along) : Double(rows.coordinates[row * rows.width + place])
      }
      body(amounts, probabilities[state] / total)
    }
  }

  /// The moments of what a rule assigns; nil where it reads the time and there is none.
  private func moments(ofRule index: Int) -> (mean: Double, deviation: Double)? {
    let rule = network.inlined(.quantity(index))
    guard let time = time ?? (rule.readsTime ? nil : 0) else { return nil }
    let formula = Formula(rule)
    var values = network.initialValues
    var sums = (one: 0.0, first: 0.0, second: 0.0)
    forEachState { place, row, along in
      for axis in 0..<rows.width {
        values[axes[axis]] = Double(rows.coordinates[row * rows.width + axis])
      }
      values[axes[axes.count - 1]] = Double(along)
      let (value, p) = (formula.value(of: values, time: time), probabilities[place])
      sums = (sums.one + p, sums.first + p * value, sums.second + p * value * value)
    }
    let mean = sums.first / sums.one
    return (mean, max(0, sums.second / sums.one - mean * mean).squareRoot())
  }

  /// The probability of a state, with the species in the order of the model.
  public func probability(of state: [Int]) -> Double {
    let order = axes.sorted()
    guard state.count == order.count, state.allSatisfy({ 0..<1 << 30 ~= $0 }) else { return 0 }
    let place = axes.map { axis in state[order.firstIndex(of: axis) ?? 0] }
    guard let row = rows.row(at: place.dropLast().map { Int32($0) }) else { return 0 }
    let along = place[place.count - 1]
    guard rows.low[row]..<rows.high[row] ~= along else { return 0 }
    let begin = (0..<row).reduce(0) { $0 + rows.high[$1] - rows.low[$1] }
    return probabilities[begin + along - rows.low[row]]
  }

  private func forEachState(_ body: (_ place: Int, _ row: Int, _ along: Int) -> Void) {
    var place = 0
    for row in 0..<rows.count {
      for along in rows.low[row]..<rows.high[row] {
        body(place, row, along)
        place += 1
      }
    }
  }
}
