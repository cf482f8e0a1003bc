/// How fast training goes now, from the steps of the last seconds.
package struct SpeedMeter: Sendable {
  private struct Mark {
    let seconds: Double
    let step: Int
    let examples: Int
  }

  /// The seconds looked back on.
  private let window: Double
  private var marks: [Mark] = []

  package init(window: Double = 10) { self.window = window }

  /// Adds a step, with the seconds and the examples since training began.
  package mutating func add(step: Int, examples: Int, seconds: Double) {
    marks.append(Mark(seconds: seconds, step: step, examples: examples))
    // One mark older than the window stays, so that the window is always covered.
    while marks.count > 2, marks[1].seconds <= seconds - window { marks.removeFirst() }
  }

  /// Examples a second; nil before the second step.
  package var examplesPerSecond: Double? { rate { $0.examples } }

  /// Seconds for so many steps more; nil before the second step.
  package func seconds(forSteps count: Int) -> Double? {
    rate { $0.step }.map { Double(count) / $0 }
  }

  private func rate(of count: (Mark) -> Int) -> Double? {
    guard let first = marks.first, let last = marks.last, last.seconds > first.seconds,
      count(last) > count(first)
    else { return nil }
    return Double(count(last) - count(first)) / (last.seconds - first.seconds)
  }
}
