import ApusJumpProcesses
import ApusNumerics

/// The time of a simulation, or of a solution of a master equation.
public struct ProcessBenchmark: Sendable {
  /// The name of the model.
  public let model: String
  public let threads: Int
  /// Seconds of each sample, in order.
  public let samples: [Double]
  /// What one sample did: paths and events, or products and states.
  public let work: [(name: String, count: Int)]
  /// How paths were made or the equation solved.
  public let method: String
  /// The most memory the process held, in bytes.
  public let peakMemoryBytes: Int

  /// The middle of the samples.
  public var seconds: Double { median(of: samples) }

  /// Nanoseconds of a reaction that fires; nil of a solution.
  public var nanosecondsPerEvent: Double? {
    count(of: "events").map { seconds * 1e9 / Double(max($0, 1)) }
  }

  /// Paths a second; nil of a solution.
  public var pathsPerSecond: Double? { count(of: "paths").map { Double($0) / seconds } }

  private func count(of name: String) -> Int? { work.first { $0.name == name }?.count }

  /// Times a simulation, without bringing the network into its form.
  public init(_ simulation: Simulation, samples count: Int) throws {
    let prepared = try simulation.prepared()
    var last = try prepared.run()  // pages are mapped and threads start
    var samples: [Double] = []
    for _ in 0..<count {
      let start = ContinuousClock.now
      last = try prepared.run()
      samples.append((ContinuousClock.now - start) / .seconds(1))
    }
    if let fault = last.fault { throw fault }
    model = simulation.network.name
    threads = simulation.threads
    self.samples = samples
    work = [("paths", last.paths), ("events", last.events)]
    method = prepared.method.rawValue
    peakMemoryBytes = SystemFiles.peakMemoryBytes
  }

  /// Times solutions of a master equation, on one thread.
  public init(
    _ equation: MasterEquation, method: String, samples count: Int,
    solve: (MasterEquation) throws -> MasterSolution
  ) throws {
    var solution = try solve(equation)  // pages are mapped
    var samples: [Double] = []
    for _ in 0..<count {
      let start = ContinuousClock.now
      solution = try solve(equation)
      samples.append((ContinuousClock.now - start) / .seconds(1))
    }
    model = equation.network.name
    threads = 1
    self.samples = samples
    work = [("products", solution.products), ("states", solution.largestSet)]
    self.method = method
    peakMemoryBytes = SystemFiles.peakMemoryBytes
  }

  /// What `--json` prints.
  public var json: JSON {
    var members: [String: JSON] = [
      "model": .string(model), "threads": .integer(threads), "method": .string(method),
      "milliseconds": .number(seconds * 1e3),
      "samples": .array(samples.map { .number($0 * 1e3) }),
      "peakMemoryBytes": .integer(peakMemoryBytes),
    ]
    for (name, count) in work { members[name] = .integer(count) }
    if let nanoseconds = nanosecondsPerEvent {
      members["nanosecondsPerEvent"] = .number(nanoseconds)
    }
    if let rate = pathsPerSecond {
      members["pathsPerSecond"] = .number(rate)
      members["millisecondsPerPath"] = .number(1e3 / rate)
    }
    return .object(members)
  }
}
