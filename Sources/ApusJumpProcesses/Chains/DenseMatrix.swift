/// A small matrix of `Double`, row by row.
public struct DenseMatrix: Sendable, Hashable {
  public let rows: Int
  public let columns: Int
  /// `[row * columns + column]`.
  public var values: [Double]

  public init(rows: Int, columns: Int, values: [Double]) {
    precondition(values.count == rows * columns, "\(values.count) values for \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  /// A matrix of zeros.
  public init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, values: Array(repeating: 0, count: rows * columns))
  }

  /// The identity of a size.
  public static func identity(_ size: Int) -> DenseMatrix {
    var result = DenseMatrix(rows: size, columns: size)
    for index in 0..<size { result[index, index] = 1 }
    return result
  }

  public subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  /// The matrix product.
  public static func * (a: DenseMatrix, b: DenseMatrix) -> DenseMatrix {
    precondition(a.columns == b.rows, "\(a.columns) columns times \(b.rows) rows")
    var result = DenseMatrix(rows: a.rows, columns: b.columns)
    a.values.withUnsafeBufferPointer { x in
      b.values.withUnsafeBufferPointer { y in
        result.values.withUnsafeMutableBufferPointer { z in
          for row in 0..<a.rows {
            for inner in 0..<a.columns {
              let factor = x[row * a.columns + inner]
              if factor == 0 { continue }
              let (to, from) = (row * b.columns, inner * b.columns)
              for column in 0..<b.columns { z[to + column] += factor * y[from + column] }
            }
          }
        }
      }
    }
    return result
  }

  public static func + (a: DenseMatrix, b: DenseMatrix) -> DenseMatrix { a.joined(b, 1) }
  public static func - (a: DenseMatrix, b: DenseMatrix) -> DenseMatrix { a.joined(b, -1) }
  public static func * (factor: Double, a: DenseMatrix) -> DenseMatrix {
    DenseMatrix(rows: a.rows, columns: a.columns, values: a.values.map { factor * $0 })
  }

  private func joined(_ other: DenseMatrix, _ factor: Double) -> DenseMatrix {
    DenseMatrix(
      rows: rows, columns: columns, values: zip(values, other.values).map { $0 + factor * $1 })
  }

  /// The largest absolute sum of a row.
  public var norm: Double {
    (0..<rows).reduce(0) { largest, row in
      max(largest, values[row * columns..<(row + 1) * columns].reduce(0) { $0 + abs($1) })
    }
  }

  /// The largest absolute entry.
  public var largestEntry: Double { values.reduce(0) { max($0, abs($1)) } }

  /// `x` with `self · x = right`, by elimination with row exchanges; nil where it is singular.
  public func solve(_ right: DenseMatrix) -> DenseMatrix? {
    precondition(rows == columns && right.rows == rows, "solving needs a square matrix")
    var (a, b) = (self, right)
    for step in 0..<rows {
      guard let pivot = (step..<rows).max(by: { abs(a[$0, step]) < abs(a[$1, step]) }),
        a[pivot, step] != 0
      else { return nil }
      if pivot != step {
        for column in 0..<columns {
          a.values.swapAt(pivot * columns + column, step * columns + column)
        }
        for column in 0..<b.columns {
          b.values.swapAt(pivot * b.columns + column, step * b.columns + column)
        }
      }
      for row in step + 1..<max(rows, step + 1) {
        let factor = a[row, step] / a[step, step]
        if factor == 0 { continue }
        for column in step..<columns { a[row, column] -= factor * a[step, column] }
        for column in 0..<b.columns { b[row, column] -= factor * b[step, column] }
      }
    }
    for row in stride(from: rows - 1, through: 0, by: -1) {
      for column in 0..<b.columns {
        var sum = b[row, column]
        for inner in row + 1..<max(rows, row + 1) { sum -= a[row, inner] * b[inner, column] }
        b[row, column] = sum / a[row, row]
      }
    }
    return b
  }
}

extension DenseMatrix {
  /// `exp(self)`, by the Padé approximant of degree 13 with scaling and squaring.
  ///
  /// Reference: Higham (2005), "The scaling and squaring method for the matrix exponential
  /// revisited", SIAM J. Matrix Anal. Appl. 26.
  public var exponential: DenseMatrix {
    precondition(rows == columns, "only a square matrix has an exponential")
    var squarings = 0
    var scale = 1.0
    while norm * scale > 5.371920351148152 {
      squarings += 1
      scale /= 2
    }
    let a = scale * self
    let one = DenseMatrix.identity(rows)
    let b: [Double] = [
      64_764_752_532_480_000, 32_382_376_266_240_000, 7_771_770_303_897_600,
      1_187_353_796_428_800, 129_060_195_264_000, 10_559_470_521_600, 670_442_572_800,
      33_522_128_640, 1_323_241_920, 40_840_800, 960_960, 16_380, 182, 1,
    ]
    let a2 = a * a
    let a4 = a2 * a2
    let a6 = a4 * a2
    let odd =
      a6 * (b[13] * a6 + b[11] * a4 + b[9] * a2) + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * one
    let u = a * odd
    let v =
      a6 * (b[12] * a6 + b[10] * a4 + b[8] * a2) + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * one
    // The denominator is far from singular for the norm that scaling leaves.
    guard var result = (v - u).solve(v + u) else { return one }
    for _ in 0..<squarings { result = result * result }
    return result
  }
}
