/// Solves `A z = b`, by GMRES, and `A z = 0`, by Arnoldi, for matrices that a generator gives, with a
/// sweep of Gauss–Seidel each way as preconditioner.
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
  /// Of the Krylov spaces at first; it doubles where the residual stalls.
  private static let firstDimension = 40
  private static let lastDimension = 320
  /// Numbers that a basis may take: 512 MiB.
  private static let basisLimit = 1 << 26

  /// - Returns: the solution and its relative residual.
  func solve(
    _ right: [Double], tolerance: Double = 1e-12, limit: Int = 20_000
  ) -> (solution: [Double], residual: Double) {
    let target = precondition(right).norm
    guard target > 0 else { return (right.map { _ in 0 }, 0) }
    var x = [Double](repeating: 0, count: right.count)
    var (products, watch) = (0, StallWatch())
    var dimension = Self.firstDimension
    while true {
      let product = multiply(x)
      let residual = precondition(right.indices.map { right[$0] - product[$0] })
      let size = residual.norm / target
      if size <= tolerance || products >= limit { return (x, size) }
      if watch.isStalled(at: size), !enlarge(&dimension) { return (x, size) }
      products += improve(&x, residual, until: 0.1 * tolerance * target, dimension)
    }
  }

  /// Doubles the dimension of Krylov spaces; false where it has reached the last one, the number of
  /// states or what memory allows.
  private func enlarge(_ dimension: inout Int) -> Bool {
    dimension *= 2
    return dimension <= min(Self.lastDimension, exits.count)
      && dimension * exits.count <= Self.basisLimit
  }

  /// One cycle; gives the number of products.
  private func improve(
    _ x: inout [Double], _ residual: [Double], until target: Double, _ dimension: Int
  ) -> Int {
    var basis = KrylovBasis(residual)
    var triangle = RotatedColumns(length: basis.length)
    for step in 0..<dimension {
      basis.add(precondition(multiply(basis.vectors[step])), passes: 1)
      guard triangle.append(basis.columns[step]) else { break }
      if triangle.residual <= target || basis.isClosed { break }
    }
    let change = basis.combine(triangle.solution)
    for index in x.indices { x[index] += change[index] }
    return max(1, triangle.count)
  }

  /// The `x` of length 1 with `A x = 0`, by refined Arnoldi: in each Krylov space the vector that
  /// the preconditioned matrix makes shortest, from which the next space begins.
  ///
  /// Reference: Golub, Greif (2006), "An Arnoldi-type algorithm for computing PageRank", BIT 46.
  ///
  /// - Returns: the vector and the length of its preconditioned product.
  func nullVector(
    from start: [Double], tolerance: Double = 1e-13, limit: Int = 20_000
  ) -> (vector: [Double], residual: Double) {
    var x = start
    var (products, watch) = (0, StallWatch())
    var dimension = Self.firstDimension
    while true {
      var basis = KrylovBasis(x)
      var triangle = RotatedColumns(length: basis.length)
      for step in 0..<dimension {
        basis.add(precondition(multiply(basis.vectors[step])), passes: 2)
        products += 1
        // A column of zeros belongs to a vector that is the one looked for.
        guard triangle.append(basis.columns[step]) else { return (basis.vectors[step], 0) }
        if basis.isClosed { break }
      }
      let (factors, size) = triangle.leastCombination
      x = basis.combine(factors)
      if size <= tolerance || products >= limit { return (x, size) }
      if watch.isStalled(at: size), !enlarge(&dimension) { return (x, size) }
    }
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
}

/// Notices residuals that do not fall any more.
private struct StallWatch {
  private var best = Double.infinity
  private var stalls = 0

  /// Whether this is the fourth one in turn that is not half of the best.
  mutating func isStalled(at size: Double) -> Bool {
    stalls = size > 0.5 * best ? stalls + 1 : 0
    best = min(best, size)
    guard stalls > 3 else { return false }
    stalls = 0
    return true
  }
}
