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
    let size = min(Self.dimension, flow.states)
    var basis = KrylovBasis(x, size: size)
    guard basis.length > 0 else { return basis }
    var next = [Double](repeating: 0, count: x.count)
    for column in 0..<size {
      flow.flow(basis.vectors[column], into: &next)
      record.products += 1
      if !basis.add(&next, column: column) { break }
    }
    return basis
  }
}

/// An orthonormal basis and what a generator does in it, by the process of Arnoldi.
private struct KrylovBasis {
  let length: Double
  var vectors: [[Double]]
  private var hessenberg: DenseMatrix
  private var columns = 0
  /// Whether the space holds all that the generator reaches, so that the result is exact.
  private var isClosed = false

  init(_ x: [Double], size: Int) {
    let length = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
    self.length = length
    vectors = length > 0 ? [x.map { $0 / length }] : []
    hessenberg = DenseMatrix(rows: size + 1, columns: size + 1)
  }

  /// Adds the direction of `next`; false where there is nothing new in it.
  mutating func add(_ next: inout [Double], column: Int) -> Bool {
    let before = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
    // Twice, for one pass leaves what rounding puts back.
    for _ in 0..<2 {
      for (row, vector) in vectors.enumerated() {
        let part = zip(next, vector).reduce(0) { $0 + $1.0 * $1.1 }
        hessenberg[row, column] += part
        for index in next.indices { next[index] -= part * vector[index] }
      }
    }
    columns = column + 1
    let rest = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard rest > 1e-14 * before else {
      isClosed = true
      return false
    }
    hessenberg[column + 1, column] = rest
    vectors.append(next.map { $0 / rest })
    return true
  }

  /// The coordinates of the exponential over a step, and an estimate of the error.
  func exponential(_ step: Double) -> ([Double], error: Double) {
    let size = isClosed ? columns : columns + 1
    var small = DenseMatrix(rows: size, columns: size)
    for row in 0..<size {
      for column in 0..<columns { small[row, column] = step * hessenberg[row, column] }
    }
    let result = small.exponential
    let coefficients = (0..<size).map { length * result[$0, 0] }
    return (coefficients, isClosed ? 0 : abs(coefficients[size - 1]) * Double(size).squareRoot())
  }

  func combine(_ coefficients: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: vectors[0].count)
    for (coefficient, vector) in zip(coefficients, vectors) {
      for index in result.indices { result[index] += coefficient * vector[index] }
    }
    return result
  }
}
