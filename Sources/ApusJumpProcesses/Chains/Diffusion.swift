import ApusNumerics

/// A diffusion `dX = A(X) dt + √B(X) dW` (Itô) on a line.
///
/// ```swift
/// let process = Diffusion(drift: { -$0 }, diffusion: { _ in 2 })
/// let paths = try process.paths(from: 1, at: [0.5, 1], step: 1e-3, count: 10_000)
/// let grid = try LineGrid(from: -8, to: 8, cells: 320)
/// let p = try process.generator(on: grid).propagate(grid.point(at: 1), time: 1)
/// ```
public struct Diffusion: Sendable {
  /// `A`, how fast the mean moves.
  public let drift: @Sendable (Double) -> Double
  /// `B`, how fast the variance grows.
  public let diffusion: @Sendable (Double) -> Double

  public init(
    drift: @escaping @Sendable (Double) -> Double,
    diffusion: @escaping @Sendable (Double) -> Double
  ) {
    (self.drift, self.diffusion) = (drift, diffusion)
  }

  /// Its generator between reflecting ends; see ``SparseGenerator/init(on:drift:diffusion:)``.
  public func generator(on grid: LineGrid) throws(JumpProcessError) -> SparseGenerator {
    try SparseGenerator(on: grid, drift: drift, diffusion: diffusion)
  }

  /// Where paths are at rising times, by the method of Euler and Maruyama.
  ///
  /// Means have an error of the order of `step`. The same seed gives the same paths for any number of
  /// threads.
  ///
  /// Reference: Maruyama (1955), "Continuous Markov processes and stochastic equations", Rend. Circ.
  /// Mat. Palermo 4.
  ///
  /// - Parameters:
  ///   - start: where each path is at time 0.
  ///   - step: the longest step.
  ///   - ends: where paths are reflected; nowhere where nil.
  /// - Returns: a row for each path, a number for each time.
  /// - Throws: ``JumpProcessError/setting(_:)``, also where drift or diffusion are no numbers at a
  ///   place that a path visits.
  public func paths(
    from start: Double, at times: [Double], step: Double, count: Int, seed: UInt64 = 0,
    threads: Int = 1, between ends: ClosedRange<Double>? = nil
  ) throws(JumpProcessError) -> [[Double]] {
    try MasterEquation.check(times)
    guard start.isFinite, ends?.contains(start) ?? true else {
      throw .setting("the paths begin at \(start); expected a number between the ends")
    }
    guard step > 0, count > 0, times[times.count - 1] / step <= 1e9 else {
      throw .setting(
        "\(count) paths in steps of \(step): expected at least one path and a step above 0 of which "
          + "there are at most 10⁹")
    }
    let paths = parallelMap(threads: threads, items: count) { index in
      var random = PhiloxStream(seed: seed, purpose: StreamPurpose.path, index: UInt64(index))
      return path(from: start, at: times, step: step, ends, &random)
    }
    for path in paths where path.count < times.count {
      let x = path.last ?? start
      throw .setting(
        "behind \(x) a path comes where drift or diffusion is no finite number, or the diffusion below 0"
      )
    }
    return paths
  }

  /// The values at the times up to the first that is none.
  private func path(
    from start: Double, at times: [Double], step: Double, _ ends: ClosedRange<Double>?,
    _ random: inout PhiloxStream
  ) -> [Double] {
    var (x, now) = (start, 0.0)
    var values: [Double] = []
    for time in times {
      let steps = max(1, ((time - now) / step).rounded(.up))
      let length = (time - now) / steps
      for _ in 0..<Int(steps) where length > 0 {
        let noise = random.normal() * (diffusion(x) * length).squareRoot()
        x += drift(x) * length + noise
        guard x.isFinite else { return values }
        if let ends { x = Self.reflected(x, ends) }
      }
      now = time
      values.append(x)
    }
    return values
  }

  /// What lies beyond an end, as far within; an end itself where that is beyond the other.
  private static func reflected(_ x: Double, _ ends: ClosedRange<Double>) -> Double {
    let inside =
      x < ends.lowerBound
      ? 2 * ends.lowerBound - x : x > ends.upperBound ? 2 * ends.upperBound - x : x
    return min(max(inside, ends.lowerBound), ends.upperBound)
  }
}
