import Glibc

/// `p exp(W t)` on Krylov spaces of dimension 30, in steps whose error estimates sum to `tolerance`.
///
/// Reference: Sidje (1998), "Expokit: a software package for computing matrix exponentials", ACM
/// Trans. Math. Softw. 24.
struct KrylovPropagator<Flow: ProbabilityFlow> {
  private static var dimension: Int { 30 }
  let flow: Flow
  let tolerance: Double
  var record = PropagationRecord()

  init(_ flow: Flow, tolerance: Double) {
    self.flow = flow
    self.tolerance = tolerance
  }

  /// The distribution after `time`.
  mutating func propagate(_ start: [Double], time: Double) throws(JumpProcessError) -> [Double] {
    var x = start
    var done = 0.0
    guard flow.largestExit > 0 else { return start }
    var step = min(time, 10 / flow.largestExit)
    var rejections = 0
    let before = record.products
    while done < time {
      let products = record.products - before
      if products > 3_000 {
        try PropagationRecord.checkWork(
          products: Double(products) * time / done, states: flow.states)
      }
      let basis = makeBasis(x)
      guard basis.length > 0 else { return x }
      var accepted = false
      while !accepted {
        step = min(step, time - done)
        guard step > time * 1e-14, done + step > done else {
          throw .unsupported("the rates are too fast for --method krylov; use cvode")
        }
        let (coefficients, error) = basis.exponential(step)
        // Less than rounding cannot be asked for.
        let allowed = max(tolerance * step / time, 4e-16)
        if error <= allowed {
          x = basis.combine(coefficients)
          done = step >= time - done ? time : done + step
          record.error += error
          accepted = true
        } else {
          rejections += 1
          guard rejections < 10_000 else { throw .tolerance(tolerance, reached: error, time: done) }
        }
        let order = Double(Self.dimension)
        let growth =
          !error.isFinite ? 0.2 : error > 0 ? 0.9 * pow(allowed / error, 1 / order) : 5
        step *= min(5, max(0.2, growth))
      }
    }
    return x
  }

  private mutating func makeBasis(_ x: [Double]) -> KrylovBasis {
    var basis = KrylovBasis(x)
    guard basis.length > 0 else { return basis }
    var next = [Double](repeating: 0, count: x.count)
    for column in 0..<min(Self.dimension, flow.states) {
      flow.flow(basis.vectors[column], into: &next)
      record.products += 1
      basis.add(next, passes: 2)
      if basis.isClosed { break }
    }
    return basis
  }
}

extension KrylovBasis {
  /// The coordinates of the exponential over a step, and an estimate of the error.
  fileprivate func exponential(_ step: Double) -> ([Double], error: Double) {
    let size = isClosed ? columns.count : columns.count + 1
    var small = DenseMatrix(rows: size, columns: size)
    for (column, entries) in columns.enumerated() {
      for (row, entry) in entries.enumerated() where row < size {
        small[row, column] = step * entry
      }
    }
    let result = small.exponential
    let coefficients = (0..<size).map { length * result[$0, 0] }
    return (coefficients, isClosed ? 0 : abs(coefficients[size - 1]) * Double(size).squareRoot())
  }
}
