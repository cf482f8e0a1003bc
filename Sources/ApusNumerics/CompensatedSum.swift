/// A sum of many `Double`s whose error does not grow with their number.
///
/// Reference: Neumaier (1974), "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
/// ZAMM 54.
package struct CompensatedSum: Sendable {
  private var sum = 0.0
  private var lost = 0.0

  /// An empty sum.
  package init() {}

  /// The sum of `terms`.
  package init(_ terms: some Sequence<Double>) {
    for term in terms { add(term) }
  }

  /// Adds one term.
  package mutating func add(_ term: Double) {
    let next = sum + term
    // What rounding took from the smaller of the two; infinities would leave a NaN here.
    if next.isFinite { lost += abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum }
    sum = next
  }

  /// The sum of the terms so far.
  package var value: Double { sum + lost }
}
