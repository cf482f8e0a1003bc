import ArgumentParser

/// Whole numbers and ranges: `0,5,10-19`.
struct NumberList: ExpressibleByArgument {
  private static let limit = 100_000
  let numbers: Set<Int>

  init?(argument: String) {
    var numbers: Set<Int> = []
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = word.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
        first >= 0, first <= last, last - first < Self.limit
      else { return nil }
      numbers.formUnion(first...last)
      guard numbers.count <= Self.limit else { return nil }
    }
    self.numbers = numbers
  }
}

/// Probabilities: `0.05,0.5,0.95`.
struct QuantileList: ExpressibleByArgument {
  let values: [Double]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    let values = words.compactMap { Double($0) }
    guard values.count == words.count, values.allSatisfy({ 0...1 ~= $0 }) else { return nil }
    self.values = values
  }
}
