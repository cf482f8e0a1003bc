import ApusJumpProcesses
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
    guard values.count == words.count else { return nil }
    self.values = values
  }
}

/// One past the largest amounts of a grid, of all species or of each: `40` or `40,200`.
struct GridBounds: ExpressibleByArgument {
  private let numbers: [Int]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = words.compactMap { Int($0) }
    guard numbers.count == words.count, numbers.allSatisfy({ 1...1_000_000_000 ~= $0 }) else {
      return nil
    }
    self.numbers = numbers
  }

  /// A bound for each species of a network that changes.
  func bounds(for network: ReactionNetwork) -> [Int] {
    guard numbers.count == 1 else { return numbers }
    return NetworkStates.firstBounds(of: network).map { _ in numbers[0] }
  }
}
