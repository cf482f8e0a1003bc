/// Sums of a loss and of metrics over examples, in `Double`.
public struct RunningMeans: Sendable, Hashable {
  /// The examples added so far.
  public private(set) var count = 0
  private(set) var sums: [Double]
  /// The names of the sums after the first, which is the loss.
  let names: [String]

  init(names: [String]) {
    self.names = names
    sums = [Double](repeating: 0, count: names.count + 1)
  }

  init(names: [String], count: Int, sums: [Double]) {
    self.names = names
    self.count = count
    self.sums = sums
  }

  /// The mean loss of an example.
  public var loss: Double { sums[0] / Double(count) }

  /// The mean of each metric by name.
  public var metrics: [String: Double] {
    var means: [String: Double] = [:]
    for (name, sum) in zip(names, sums.dropFirst()) { means[name] = sum / Double(count) }
    return means
  }

  /// Adds the sums over the examples of one batch.
  mutating func add(_ sum: (Int) -> Double, examples: Int) {
    for index in sums.indices { sums[index] += sum(index) }
    count += examples
  }
}
