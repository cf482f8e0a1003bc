/// Many paths of a network and what they have in common.
///
/// Where a path ends too early the paths before it are the result; where none is whole, what the
/// first paths have in common up to the last point that each of them reached.
///
/// Path `i` draws from the Philox stream of the seed and `i` (the loops over plain rates expand its
/// first 256 bits with xoshiro256+), and sums are taken in the order of the paths: the result does
/// not depend on the number of threads.
public struct Simulation: Sendable {
  public var network: ReactionNetwork
  /// The last time, in the model's unit.
  public var until: Double
  /// The number of times that are written down, from 0 to `until` in equal steps.
  public var points: Int
  public var paths: Int
  public var seed: UInt64 = 0
  public var method = SimulationMethod.automatic
  public var threads = 1
  /// The most reactions that one path may fire.
  public var eventLimit = 1_000_000_000
  /// The numbers of the paths that are kept whole, from 0 on.
  public var selectedPaths: Set<Int> = []
  /// Quantiles to compute at each point; all paths are kept in memory for them.
  public var quantiles: [Double] = []
  /// Quantities whose values at the last point are counted over all paths.
  public var histograms: [String] = []
  private var unequalTimes: [Double]?

  public init(_ network: ReactionNetwork, until: Double, points: Int = 101, paths: Int = 1) {
    self.network = network
    self.until = until
    self.points = points
    self.paths = paths
  }

  /// - Parameter times: what is written down, rising from 0 or later.
  public init(_ network: ReactionNetwork, at times: [Double], paths: Int = 1) {
    self.init(network, until: times.last ?? 0, points: times.count, paths: paths)
    unequalTimes = times
  }

  /// How far a simulation has come.
  public struct Progress: Sendable {
    public var paths: Int
    public var totalPaths: Int
    public var events: Int
  }

  /// The times that are written down.
  public var times: [Double] {
    if let unequalTimes { return unequalTimes }
    // The last one exactly: an event at `until` belongs to it.
    return (0..<max(points - 1, 0)).map { until * Double($0) / Double(points - 1) } + [until]
  }

  private func check() throws(JumpProcessError) {
    try network.check()
    guard until > 0, until <= 1e300 else {
      throw .setting("--until: expected a number above 0 and at most 1e300, got \(until)")
    }
    guard 1...10_000_000 ~= points else {
      throw .setting("--points: expected 1 to 10000000, got \(points)")
    }
    let times = unequalTimes ?? []
    guard zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }), (times.first ?? 0) >= 0,
      unequalTimes == nil || times.count == points && times.last == until
    else { throw .setting("expected rising times from 0 on, the last of them finite") }
    guard 1...1_000_000_000 ~= paths else {
      throw .setting("--paths: expected 1 to 1000000000, got \(paths)")
    }
    if let fault = contradiction { throw .setting(fault) }
    try checkAmounts()
    guard quantiles.allSatisfy({ 0...1 ~= $0 }), Set(quantiles).count == quantiles.count else {
      throw .setting("--quantiles: expected numbers from 0 to 1, each once")
    }
    for name in histograms where !network.outputNames.contains(name) {
      throw .setting(
        "--histogram: \(network.name) has no species \(name); there are "
          + network.outputNames.prefix(12).joined(separator: ", "))
    }
    let keeps = quantiles.isEmpty ? selectedPaths.count { $0 < paths } : paths
    let numbers = Double(points) * Double(network.outputs.count)
    let bytes = 8 * numbers * (Double(keeps) + Double(threads * blockSize) + 8)
    guard bytes < 8e9 else {
      throw .memory(
        "\(points) points of \(network.outputs.count) quantities on \(paths) paths need about "
          + "\(Int(bytes / 1e9)) GB; expected at most 8 GB, so ask for fewer points or paths")
    }
  }

  /// What is wrong with the settings whatever the network is, of ``method``, ``paths`` and ``histograms``.
  package var contradiction: String? {
    if method == .rateEquations, paths != 1 {
      return "--method ode has one path, for nothing in it is random; leave out --paths"
    }
    return Set(histograms).count == histograms.count
      ? nil : "--histogram: expected each species once"
  }

  /// All but rate equations and diffusions count.
  private func checkAmounts() throws(JumpProcessError) {
    guard method != .rateEquations, method != .langevin else { return }
    let moving = Set(network.reactions.flatMap { network.change(by: $0).map(\.species) })
    for species in moving.sorted() {
      let quantity = network.quantities[species]
      guard quantity.initial != quantity.initial.rounded() || quantity.initial > 0x1p53 else {
        continue
      }
      throw .setting(
        "\(quantity.name) begins at \(quantity.initial): paths count, so expected a whole number of "
          + "at most 2^53; --method ode or langevin takes others")
    }
  }

  /// Paths that one thread simulates at a time; a function of their number alone.
  fileprivate var blockSize: Int { min(256, max(16, (paths / 8 + 15) / 16 * 16)) }

  /// Simulates all paths.
  ///
  /// - Parameters:
  ///   - isCancelled: asked now and then; paths that are done make the result, or, where none is, what
  ///     the first ones did.
  ///   - report: called from any thread, one call at a time.
  /// - Returns: the ensemble, with the reason where it has fewer paths than asked for.
  public func run(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    report: @escaping @Sendable (Progress) -> Void = { _ in }
  ) throws(JumpProcessError) -> Ensemble {
    try prepared().run(isCancelled: isCancelled, report: report)
  }

  /// Checks the settings and brings the network into the form that the method takes.
  public func prepared() throws(JumpProcessError) -> PreparedSimulation {
    try check()
    let (engine, chosen) = try SimulationEngine.choose(method, for: network, paths: paths)
    return PreparedSimulation(simulation: self, engine: engine, method: chosen)
  }
}

/// A simulation that is ready to run.
public struct PreparedSimulation: Sendable {
  let simulation: Simulation
  let engine: SimulationEngine
  /// The method in use.
  public let method: SimulationMethod

  /// Simulates all paths; see ``Simulation/run(isCancelled:report:)``.
  public func run(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    report: @escaping @Sendable (Simulation.Progress) -> Void = { _ in }
  ) throws(JumpProcessError) -> Ensemble {
    let (paths, points) = (simulation.paths, simulation.points)
    let outputs = simulation.network.outputs.count
    let size = simulation.blockSize
    let blocks = (paths + size - 1) / size
    let collector = EnsembleCollector(simulation, method: method)
    parallel(threads: simulation.threads, items: blocks) { block in
      if collector.skips(block) || isCancelled() { return }
      let range = block * size..<min(paths, (block + 1) * size)
      let samples = UnsafeMutableBufferPointer<Double>.allocate(
        capacity: range.count * points * outputs)
      defer { samples.deallocate() }
      samples.initialize(repeating: 0)
      let outcome = engine.simulate(range, of: simulation, into: samples, isCancelled: isCancelled)
      if let progress = collector.add(outcome, block: block, paths: range, samples) {
        report(progress)
      }
    }
    return try collector.ensemble()
  }
}
