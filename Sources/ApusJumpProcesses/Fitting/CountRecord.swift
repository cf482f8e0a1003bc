/// What was seen of the amounts of species along one path.
public struct CountRecord: Sendable, Hashable {
  /// Rising times, in the unit of the model.
  public var times: [Double]
  /// For each time the amounts of the species that were seen.
  public var counts: [[Int]]
  /// The line of the file that each comes from, for errors; empty where there is none.
  public var lines: [Int]

  public init(times: [Double], counts: [[Int]], lines: [Int] = []) {
    (self.times, self.counts, self.lines) = (times, counts, lines)
  }

  func line(_ place: Int) -> Int? { lines.indices.contains(place) ? lines[place] : nil }

  func check(species count: Int) throws(FitError) {
    guard times.count == counts.count else {
      throw .data(line: nil, "\(times.count) times do not fit \(counts.count) amounts")
    }
    for place in times.indices {
      guard times[place].isFinite, place == 0 || times[place] > times[place - 1] else {
        throw .data(
          line: line(place), "time \(times[place]) is not after the one before in the same path")
      }
      guard counts[place].count == count, counts[place].allSatisfy({ 0..<1_000_000_000 ~= $0 })
      else { throw .data(line: line(place), "expected \(count) amounts of 0 to 999999999") }
    }
  }
}
