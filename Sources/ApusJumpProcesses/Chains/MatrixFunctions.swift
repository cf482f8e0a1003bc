/// What is made of square matrices.
extension DenseMatrix {
  /// Rows, and as many columns.
  var size: Int { rows }

  var transposed: DenseMatrix {
    var result = DenseMatrix(rows: columns, columns: rows)
    for row in 0..<rows {
      for column in 0..<columns { result[column, row] = self[row, column] }
    }
    return result
  }

  /// `e^M` of a matrix without negative entries beside the diagonal, as generators are.
  ///
  /// The diagonal is shifted so that every term of the series is positive: nothing cancels. Scaled
  /// down by halves, summed, and squared as often.
  var nonnegativeExponential: DenseMatrix {
    let shift = max(0, -((0..<size).map { self[$0, $0] }.min() ?? 0))
    let positive = self + shift * DenseMatrix.identity(size)
    var (halvings, scale) = (0, 1.0)
    while positive.norm * scale > 0.5, halvings < 1000 {
      halvings += 1
      scale /= 2
    }
    let step = scale * positive
    var term = DenseMatrix.identity(size)
    var sum = term
    for order in 1...18 {
      term = (1 / Double(order)) * (term * step)
      sum = sum + term
    }
    sum = Elementary.exp(-shift * scale) * sum
    for _ in 0..<halvings { sum = sum * sum }
    return sum
  }

  /// The principal logarithm by its series; nil where that does not converge.
  var logarithm: DenseMatrix? {
    let rest = DenseMatrix.identity(size) - self
    var power = rest
    var sum = DenseMatrix(rows: size, columns: size)
    for order in 1...20_000 {
      sum = sum - (1 / Double(order)) * power
      guard power.norm.isFinite, power.norm < 1e9 else { return nil }
      if power.norm / Double(order) < 1e-15 { return sum }
      power = power * rest
    }
    return nil
  }

  /// Lower triangle `L` of `L·Lᵀ`; nil where the matrix is not positive definite.
  var choleskyFactor: DenseMatrix? {
    var factor = DenseMatrix(rows: size, columns: size)
    for row in 0..<size {
      for column in 0...row {
        var sum = self[row, column]
        for k in 0..<column { sum -= factor[row, k] * factor[column, k] }
        if row == column {
          guard sum > 1e-12 * self[row, row].magnitude, sum.isFinite else { return nil }
          factor[row, row] = sum.squareRoot()
        } else {
          factor[row, column] = sum / factor[column, column]
        }
      }
    }
    return factor
  }

  /// The diagonal of the inverse; nil where the matrix is not positive definite.
  var inverseDiagonal: [Double]? {
    guard let factor = choleskyFactor else { return nil }
    return (0..<size).map { index in
      // The squared length of L⁻¹'s column.
      let unit = (0..<size).map { $0 == index ? 1.0 : 0 }
      return factor.solvedLower(unit).reduce(0) { $0 + $1 * $1 }
    }
  }

  /// The solution of `L x = b` for this lower triangular matrix.
  func solvedLower(_ b: [Double]) -> [Double] {
    var x = b
    for row in 0..<size {
      for column in 0..<row { x[row] -= self[row, column] * x[column] }
      x[row] /= self[row, row]
    }
    return x
  }

  /// By elimination with row exchanges.
  var determinant: Double {
    var rest = self
    var result = 1.0
    for column in 0..<size {
      let pivot =
        (column..<size).max { rest[$0, column].magnitude < rest[$1, column].magnitude } ?? column
      guard rest[pivot, column] != 0 else { return 0 }
      if pivot != column {
        for k in 0..<size {
          (rest[pivot, k], rest[column, k]) = (rest[column, k], rest[pivot, k])
        }
        result = -result
      }
      result *= rest[column, column]
      for row in column + 1..<max(size, column + 1) {
        let factor = rest[row, column] / rest[column, column]
        for k in column..<size { rest[row, k] -= factor * rest[column, k] }
      }
    }
    return result
  }
}
