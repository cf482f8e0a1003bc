/// What was seen of one path of a process with finitely many states.
public struct StateRecord: Sendable, Hashable {
  /// Rising times, in the unit that the rates get.
  public var times: [Double]
  /// The state at each time, an index.
  public var states: [Int]
  /// The line of the file that each comes from, for errors; empty where there is none.
  public var lines: [Int]

  public init(times: [Double], states: [Int], lines: [Int] = []) {
    (self.times, self.states, self.lines) = (times, states, lines)
  }

  func line(_ place: Int) -> Int? { lines.indices.contains(place) ? lines[place] : nil }

  /// - Throws: ``FitError`` where times do not rise or a state is none of `count`.
  func check(states count: Int) throws(FitError) {
    guard times.count == states.count else {
      throw .data(line: nil, "\(times.count) times do not fit \(states.count) states")
    }
    for place in times.indices {
      guard times[place].isFinite, place == 0 || times[place] > times[place - 1] else {
        throw .data(
          line: line(place), "time \(times[place]) is not after the one before in the same path")
      }
      guard 0..<count ~= states[place] else {
        throw .data(line: line(place), "there is no state \(states[place])")
      }
    }
  }
}
