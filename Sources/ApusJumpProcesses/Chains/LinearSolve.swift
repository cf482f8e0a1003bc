/// Solves `A z = b` for matrices that a generator gives, by GMRES with a sweep of Gauss–Seidel each
/// way as preconditioner.
///
/// Row `j` of `A` has `jumps` of state `j` off the diagonal and `−exits[j]` on it, all on the states
/// where `isKept`.
///
/// Reference: Saad, Schultz (1986), "GMRES: a generalized minimal residual algorithm for solving
/// nonsymmetric linear systems", SIAM J. Sci. Stat. Comput. 7.
struct GeneratorEquation {
  let jumps: SparseGenerator.Jumps
  let exits: [Double]
  let isKept: [Bool]
  private static let restart = 40

  /// - Returns: the solution and its relative residual.
  func solve(
    _ right: [Double], tolerance: Double = 1e-12, limit: Int = 20_000
  ) -> (solution: [Double], residual: Double) {
    let target = norm(precondition(right))
    guard target > 0 else { return (right.map { _ in 0 }, 0) }
    var x = [Double](repeating: 0, count: right.count)
    var products = 0
    var (best, stalls) = (Double.infinity, 0)
    while true {
      let product = multiply(x)
      let residual = precondition(right.indices.map { right[$0] - product[$0] })
      let size = norm(residual) / target
      if size <= tolerance || products >= limit || stalls > 3 { return (x, size) }
      stalls = size > 0.5 * best ? stalls + 1 : 0
      best = min(best, size)
      products += improve(&x, residual, until: 0.1 * tolerance * target)
    }
  }

  /// One cycle; gives the number of products.
  private func improve(_ x: inout [Double], _ residual: [Double], until target: Double) -> Int {
    let beta = norm(residual)
    var basis = [residual.map { $0 / beta }]
    var h: [[Double]] = []
    var rotations: [(c: Double, s: Double)] = []
    var g = [beta]
    for step in 0..<Self.restart {
      var next = precondition(multiply(basis[step]))
      var column: [Double] = []
      for vector in basis {
        let part = dot(next, vector)
        for index in next.indices { next[index] -= part * vector[index] }
        column.append(part)
      }
      let rest = norm(next)
      for (index, rotation) in rotations.enumerated() {
        (column[index], column[index + 1]) = (
          rotation.c * column[index] + rotation.s * column[index + 1],
          -rotation.s * column[index] + rotation.c * column[index + 1]
        )
      }
      let length = (column[step] * column[step] + rest * rest).squareRoot()
      guard length > 0 else { break }
      let rotation = (c: column[step] / length, s: rest / length)
      rotations.append(rotation)
      column[step] = length
      h.append(column)
      g.append(-rotation.s * g[step])
      g[step] *= rotation.c
      if abs(g[step + 1]) <= target || rest <= 1e-14 * length { break }
      basis.append(next.map { $0 / rest })
    }
    var y = [Double](repeating: 0, count: h.count)
    for row in stride(from: h.count - 1, through: 0, by: -1) {
      var sum = g[row]
      for column in row + 1..<max(h.count, row + 1) { sum -= h[column][row] * y[column] }
      y[row] = sum / h[row][row]
    }
    for (factor, vector) in zip(y, basis) {
      for index in x.indices { x[index] += factor * vector[index] }
    }
    return max(1, h.count)
  }

  private func multiply(_ x: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: x.count)
    for state in x.indices where isKept[state] {
      result[state] = inflow(x, state) - exits[state] * x[state]
    }
    return result
  }

  private func inflow(_ x: [Double], _ state: Int) -> Double {
    var sum = 0.0
    for place in jumps.begin[state]..<jumps.begin[state + 1] {
      sum += jumps.rate[place] * x[Int(jumps.other[place])]
    }
    return sum
  }

  /// A sweep upwards and one downwards from zero.
  private func precondition(_ right: [Double]) -> [Double] {
    var x = [Double](repeating: 0, count: right.count)
    for state in x.indices where isKept[state] {
      x[state] = (inflow(x, state) - right[state]) / exits[state]
    }
    for state in x.indices.reversed() where isKept[state] {
      x[state] = (inflow(x, state) - right[state]) / exits[state]
    }
    return x
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func norm(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
}
