/// An orthonormal basis of a Krylov space and what a matrix does in it, by the process of Arnoldi.
///
/// Reference: Arnoldi (1951), "The principle of minimized iterations in the solution of the matrix
/// eigenvalue problem", Quart. Appl. Math. 9.
struct KrylovBasis {
  /// The length of the vector that the space begins with.
  let length: Double
  private(set) var vectors: [[Double]]
  /// Column `k` has the `k + 2` coordinates of the product with vector `k`.
  private(set) var columns: [[Double]] = []
  /// Whether the space holds all that the matrix reaches, so that results in it are exact.
  private(set) var isClosed = false

  init(_ x: [Double]) {
    let length = x.norm
    self.length = length
    vectors = length > 0 ? [x.map { $0 / length }] : []
  }

  /// Adds the direction of the product with the last vector.
  ///
  /// - Parameter passes: how often it is made orthogonal; one pass leaves what rounding puts back.
  mutating func add(_ product: [Double], passes: Int) {
    var next = product
    let before = next.norm
    var column = [Double](repeating: 0, count: vectors.count)
    for _ in 0..<passes {
      for (row, vector) in vectors.enumerated() {
        let part = next.dot(vector)
        column[row] += part
        for index in next.indices { next[index] -= part * vector[index] }
      }
    }
    let rest = next.norm
    columns.append(column + [rest])
    isClosed = !(rest > 1e-14 * before)
    if !isClosed { vectors.append(next.map { $0 / rest }) }
  }

  /// The vector of some coordinates.
  func combine(_ coordinates: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: vectors[0].count)
    for (factor, vector) in zip(coordinates, vectors) {
      for index in result.indices { result[index] += factor * vector[index] }
    }
    return result
  }
}

/// The triangle that rotations make of a matrix with one row of numbers below its diagonal, column
/// by column.
struct RotatedColumns {
  private var rotations: [(c: Double, s: Double)] = []
  /// Column `k` has the `k + 1` numbers down to the diagonal.
  private var columns: [[Double]] = []
  /// The right side `(length, 0, …)`, turned like the columns.
  private var right: [Double]

  init(length: Double) { right = [length] }

  var count: Int { columns.count }

  /// What is left of the right side by the best combination of the columns.
  var residual: Double { abs(right[count]) }

  /// Turns the next column; false, and it is left out, where all of it is zero.
  mutating func append(_ column: [Double]) -> Bool {
    var column = column
    for (index, rotation) in rotations.enumerated() {
      (column[index], column[index + 1]) = (
        rotation.c * column[index] + rotation.s * column[index + 1],
        -rotation.s * column[index] + rotation.c * column[index + 1]
      )
    }
    let rest = column.removeLast()
    let length = (column[count] * column[count] + rest * rest).squareRoot()
    guard length > 0 else { return false }
    let rotation = (c: column[count] / length, s: rest / length)
    rotations.append(rotation)
    right.append(-rotation.s * right[count])
    right[count] *= rotation.c
    column[count] = length
    columns.append(column)
    return true
  }

  /// The factors of the columns that come closest to the right side.
  var solution: [Double] { solve(right) }

  /// The factors of length 1 that come closest to zero, and the length of what they make.
  ///
  /// By inverse iteration on the triangle `R`, so that small lengths keep their digits.
  var leastCombination: (factors: [Double], length: Double) {
    var factors = [Double](repeating: 1, count: count)
    for _ in 0..<12 {
      let next = solve(solveTransposed(factors))
      let size = next.norm
      factors = next.map { $0 / size }
    }
    return (factors, multiply(factors).norm)
  }

  /// The diagonal, never so small that the square of its inverse's square is no number.
  private func diagonal(_ place: Int) -> Double { max(columns[place][place], 1e-60) }

  /// `x` with `R x = b`.
  private func solve(_ b: [Double]) -> [Double] {
    var x = [Double](repeating: 0, count: count)
    for row in (0..<count).reversed() {
      var sum = b[row]
      for column in row + 1..<max(count, row + 1) { sum -= columns[column][row] * x[column] }
      x[row] = sum / diagonal(row)
    }
    return x
  }

  /// `x` with `Rᵀ x = b`.
  private func solveTransposed(_ b: [Double]) -> [Double] {
    var x = [Double](repeating: 0, count: count)
    for row in 0..<count {
      var sum = b[row]
      for column in 0..<row { sum -= columns[row][column] * x[column] }
      x[row] = sum / diagonal(row)
    }
    return x
  }

  /// `R x`.
  private func multiply(_ x: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: count)
    for (column, factor) in x.enumerated() {
      for row in 0...column { result[row] += factor * columns[column][row] }
    }
    return result
  }
}

extension [Double] {
  func dot(_ other: [Double]) -> Double {
    zip(self, other).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The root of the sum of squares.
  var norm: Double { dot(self).squareRoot() }
}
