/// A small dense matrix, row by row.
struct SquareMatrix: Sendable, Hashable {
  let size: Int
  var elements: [Double]

  init(zeros size: Int) {
    self.size = size
    elements = Array(repeating: 0, count: size * size)
  }

  init(identity size: Int) {
    self.init(zeros: size)
    for index in 0..<size { self[index, index] = 1 }
  }

  subscript(row: Int, column: Int) -> Double {
    get { elements[row * size + column] }
    set { elements[row * size + column] = newValue }
  }

  var transposed: SquareMatrix {
    var result = SquareMatrix(zeros: size)
    for row in 0..<size {
      for column in 0..<size { result[column, row] = self[row, column] }
    }
    return result
  }

  static func * (a: SquareMatrix, b: SquareMatrix) -> SquareMatrix {
    var result = SquareMatrix(zeros: a.size)
    for row in 0..<a.size {
      for middle in 0..<a.size where a[row, middle] != 0 {
        let factor = a[row, middle]
        for column in 0..<a.size { result[row, column] += factor * b[middle, column] }
      }
    }
    return result
  }

  static func * (a: SquareMatrix, factor: Double) -> SquareMatrix {
    var result = a
    for index in result.elements.indices { result.elements[index] *= factor }
    return result
  }

  static func + (a: SquareMatrix, b: SquareMatrix) -> SquareMatrix {
    var result = a
    for index in result.elements.indices { result.elements[index] += b.elements[index] }
    return result
  }

  static func - (a: SquareMatrix, b: SquareMatrix) -> SquareMatrix { a + b * -1 }

  /// The largest sum of magnitudes in a row.
  var norm: Double {
    (0..<size).reduce(0) { worst, row in
      max(worst, elements[row * size..<(row + 1) * size].reduce(0) { $0 + $1.magnitude })
    }
  }

  /// `e^M` of a matrix without negative entries beside the diagonal, as generators are.
  ///
  /// The diagonal is shifted so that every term of the series is positive: nothing cancels. Scaled
  /// down by halves, summed, and squared as often.
  var exponential: SquareMatrix {
    let shift = max(0, -((0..<size).map { self[$0, $0] }.min() ?? 0))
    let positive = self + SquareMatrix(identity: size) * shift
    var (halvings, scale) = (0, 1.0)
    while positive.norm * scale > 0.5, halvings < 1000 {
      halvings += 1
      scale /= 2
    }
    let step = positive * scale
    var term = SquareMatrix(identity: size)
    var sum = term
    for order in 1...18 {
      term = term * step * (1 / Double(order))
      sum = sum + term
    }
    sum = sum * Elementary.exp(-shift * scale)
    for _ in 0..<halvings { sum = sum * sum }
    return sum
  }

  /// The principal logarithm by its series; nil where that does not converge.
  var logarithm: SquareMatrix? {
    let rest = SquareMatrix(identity: size) - self
    var power = rest
    var sum = SquareMatrix(zeros: size)
    for order in 1...20_000 {
      sum = sum - power * (1 / Double(order))
      guard power.norm.isFinite, power.norm < 1e9 else { return nil }
      if power.norm / Double(order) < 1e-15 { return sum }
      power = power * rest
    }
    return nil
  }

  /// Lower triangle `L` of `L·Lᵀ`; nil where the matrix is not positive definite.
  private var choleskyFactor: SquareMatrix? {
    var factor = SquareMatrix(zeros: size)
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
      var column = [Double](repeating: 0, count: size)
      for row in index..<size {
        var sum = row == index ? 1.0 : 0
        for k in index..<row { sum -= factor[row, k] * column[k] }
        column[row] = sum / factor[row, row]
      }
      return column.reduce(0) { $0 + $1 * $1 }
    }
  }

  /// By elimination with row exchanges.
  var determinant: Double {
    var rows = self
    var result = 1.0
    for column in 0..<size {
      let pivot =
        (column..<size).max { rows[$0, column].magnitude < rows[$1, column].magnitude } ?? column
      guard rows[pivot, column] != 0 else { return 0 }
      if pivot != column {
        for k in 0..<size {
          (rows[pivot, k], rows[column, k]) = (rows[column, k], rows[pivot, k])
        }
        result = -result
      }
      result *= rows[column, column]
      for row in column + 1..<max(size, column + 1) {
        let factor = rows[row, column] / rows[column, column]
        for k in column..<size { rows[row, k] -= factor * rows[column, k] }
      }
    }
    return result
  }
}
