import Glibc

/// Cells of equal width on a line, the states of a process that moves continuously.
public struct LineGrid: Sendable, Hashable {
  public let lower: Double
  public let upper: Double
  public let cells: Int

  /// - Throws: ``JumpProcessError/setting(_:)`` where there is no such line.
  public init(from lower: Double, to upper: Double, cells: Int) throws(JumpProcessError) {
    guard lower < upper, (upper - lower).isFinite, 2...10_000_000 ~= cells else {
      throw .setting(
        "a line from \(lower) to \(upper) in \(cells) cells: expected a lower and an upper end and "
          + "2 to 10000000 cells")
    }
    self.lower = lower
    self.upper = upper
    self.cells = cells
  }

  /// The width `h` of a cell.
  public var width: Double { (upper - lower) / Double(cells) }

  /// The middle of a cell.
  public func center(_ cell: Int) -> Double { lower + (Double(cell) + 0.5) * width }

  /// The middles of all cells.
  public var centers: [Double] { (0..<cells).map(center) }

  /// All probability in the cell of a point; of an end where the point lies beyond it.
  public func point(at x: Double) -> [Double] {
    var p = [Double](repeating: 0, count: cells)
    p[Int(min(Double(cells - 1), max(0, ((x - lower) / width).rounded(.down))))] = 1
    return p
  }
}

extension SparseGenerator {
  /// The generator of the master equation with continuous states,
  /// `∂p(x)/∂t = ∫ W(x|y) p(y) dy − p(x) ∫ W(y|x) dy`, by the midpoint rule on a grid.
  ///
  /// The rate from cell `y` to cell `x` is `W(x|y)·h`, so probability is kept exactly; the error is
  /// of order `h²` for smooth kernels. What a kernel sends beyond the line's ends does not happen.
  ///
  /// - Parameter kernel: `W(x|y)`, the rate of jumps from `y` to `x` per unit of `x`.
  public init(
    on grid: LineGrid, kernel: (_ x: Double, _ y: Double) -> Double
  ) throws(JumpProcessError) {
    guard grid.cells <= 4000 else {
      throw .setting("a kernel joins all cells: expected at most 4000, got \(grid.cells)")
    }
    var transitions: [Transition] = []
    for from in 0..<grid.cells {
      for to in 0..<grid.cells where to != from {
        let rate = kernel(grid.center(to), grid.center(from)) * grid.width
        if rate != 0 { transitions.append(Transition(from: from, to: to, rate: rate)) }
      }
    }
    try self.init(states: grid.cells, transitions: transitions)
  }

  /// The generator of a diffusion `dX = A(X) dt + √B(X) dW` (Itô) between reflecting ends: the
  /// Fokker–Planck equation `∂p/∂t = −∂(A p)/∂x + ½ ∂²(B p)/∂x²` in finite volumes.
  ///
  /// The flux through a face, with `D = B/2` and `w = (A − B′/2) h/D` there, has rates
  /// `D/h² · w/(1 − e^{−w})` up and `D/h² · w/(e^w − 1)` down: never negative, exact for a stationary
  /// solution with constant coefficients, and of order `h²`.
  ///
  /// Reference: Chang, Cooper (1970), "A practical difference scheme for Fokker–Planck equations",
  /// J. Comput. Phys. 6.
  public init(
    on grid: LineGrid, drift: (Double) -> Double, diffusion: (Double) -> Double
  ) throws(JumpProcessError) {
    let h = grid.width
    var (births, deaths): ([Double], [Double]) = ([], [])
    for cell in 0..<grid.cells - 1 {
      let face = grid.lower + Double(cell + 1) * h
      let slope = (diffusion(grid.center(cell + 1)) - diffusion(grid.center(cell))) / h
      let (spread, velocity) = (diffusion(face) / 2, drift(face) - slope / 2)
      guard spread >= 0, spread.isFinite, velocity.isFinite else {
        throw .setting(
          "at \(face) the drift is \(drift(face)) and the diffusion \(diffusion(face)): expected "
            + "finite numbers and a diffusion of at least 0")
      }
      births.append(Self.rate(velocity, spread, h))
      deaths.append(Self.rate(-velocity, spread, h))
    }
    self = try .birthDeath(births: births, deaths: deaths)
  }

  private static func rate(_ velocity: Double, _ spread: Double, _ h: Double) -> Double {
    guard spread > 0, abs(velocity) * h < 600 * spread else { return max(0, velocity) / h }
    let w = velocity * h / spread
    return spread / (h * h) * (abs(w) < 1e-8 ? 1 + w / 2 : w / -expm1(-w))
  }

  /// The distribution after `time`.
  public func propagate(
    _ start: [Double], time: Double, by method: PropagationMethod = .uniformization,
    tolerance: Double = 1e-10
  ) throws(JumpProcessError) -> [Double] {
    precondition(start.count == states, "\(start.count) probabilities for \(states) states")
    switch method {
    case .uniformization:
      var record = PropagationRecord()
      return try uniformize(start, through: self, time: time, tolerance: tolerance, record: &record)
    case .krylov:
      var krylov = KrylovPropagator(self, tolerance: tolerance)
      return try krylov.propagate(start, time: time)
    case .cvode:
      return try StiffIntegration.run(
        from: start, at: [time], relativeTolerance: max(1e-13, 0.01 * tolerance),
        absoluteTolerance: 0.01 * tolerance / Double(states)
      ) { _, p, slopes throws(JumpProcessError) in
        flow(p, into: &slopes)
      }[0]
    }
  }

  /// The propagator `P(τ) = exp(Wτ)`: row `x` is the distribution a time `τ` after being at `x`.
  ///
  /// Each row by uniformization, so that no entry is negative.
  public func propagator(
    time: Double, tolerance: Double = 1e-15
  ) throws(JumpProcessError) -> DenseMatrix {
    var result = DenseMatrix(rows: states, columns: states)
    var record = PropagationRecord()
    for state in 0..<states {
      var start = [Double](repeating: 0, count: states)
      start[state] = 1
      let row = try uniformize(
        start, through: self, time: time, tolerance: tolerance, record: &record)
      result.values.replaceSubrange(state * states..<(state + 1) * states, with: row)
    }
    return result
  }
}
