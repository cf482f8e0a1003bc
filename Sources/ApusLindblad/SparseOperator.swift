import Numerics

/// A linear operator of a space with finitely many states, by its entries that are not zero.
///
/// Rows are kept one after the other, columns rising (compressed sparse rows).
public struct SparseOperator: Sendable, Hashable {
  /// How many states there are.
  public let dimension: Int
  /// Where each row begins among the entries, and where the last one ends.
  let starts: [Int]
  let columns: [Int]
  let values: [Complex<Double>]

  /// The largest dimension: a density matrix then takes 256 MiB.
  public static let largestDimension = 4096

  /// An operator of these entries; those at the same place are added.
  ///
  /// - Throws: ``LindbladError`` where an entry lies outside, or the dimension is not in
  ///   `1 ... largestDimension`.
  public init(
    dimension: Int, entries: [(row: Int, column: Int, value: Complex<Double>)]
  ) throws(LindbladError) {
    guard 1...Self.largestDimension ~= dimension else {
      throw .setting(
        "an operator has dimension \(dimension); expected 1 to \(Self.largestDimension)")
    }
    var rows = [[Int: Complex<Double>]](repeating: [:], count: dimension)
    for (row, column, value) in entries {
      guard rows.indices.contains(row), rows.indices.contains(column) else {
        throw .entry(row: row, column: column, dimension: dimension)
      }
      rows[row][column, default: .zero] += value
    }
    self.init(rows: rows)
  }

  private init(rows: [[Int: Complex<Double>]]) {
    dimension = rows.count
    var starts = [0]
    var columns: [Int] = []
    var values: [Complex<Double>] = []
    for row in rows {
      for (column, value) in row.sorted(by: { $0.key < $1.key }) where value != .zero {
        columns.append(column)
        values.append(value)
      }
      starts.append(columns.count)
    }
    (self.starts, self.columns, self.values) = (starts, columns, values)
  }

  /// The entry at a place; zero where there is none.
  public subscript(row: Int, column: Int) -> Complex<Double> {
    entries(ofRow: row).first { $0.column == column }?.value ?? .zero
  }

  /// The entries of a row, columns rising.
  func entries(ofRow row: Int) -> [(column: Int, value: Complex<Double>)] {
    (starts[row]..<starts[row + 1]).map { (columns[$0], values[$0]) }
  }

  /// The conjugate transpose.
  public var adjoint: SparseOperator {
    var rows = [[Int: Complex<Double>]](repeating: [:], count: dimension)
    for row in 0..<dimension {
      for (column, value) in entries(ofRow: row) { rows[column][row] = value.conjugate }
    }
    return SparseOperator(rows: rows)
  }

  /// The largest difference between an entry and the conjugate of its mirror image.
  var asymmetry: Double {
    let mirrored = adjoint
    return (0..<dimension).reduce(0) { worst, row in
      let places = Set(entries(ofRow: row).map(\.column))
        .union(mirrored.entries(ofRow: row).map(\.column))
      return places.reduce(worst) { max($0, (self[row, $1] - mirrored[row, $1]).length) }
    }
  }

  /// The operator with each entry multiplied.
  public func scaled(by factor: Complex<Double>) -> SparseOperator {
    SparseOperator(
      rows: (0..<dimension).map { row in
        entries(ofRow: row).reduce(into: [:]) { $0[$1.column] = $1.value * factor }
      })
  }

  /// The sum with an operator of the same space.
  public func adding(_ other: SparseOperator) throws(LindbladError) -> SparseOperator {
    try expectDimension(of: other)
    return SparseOperator(
      rows: (0..<dimension).map { row in
        (entries(ofRow: row) + other.entries(ofRow: row)).reduce(into: [:]) {
          $0[$1.column, default: .zero] += $1.value
        }
      })
  }

  /// The product: `other` acts first.
  public func product(with other: SparseOperator) throws(LindbladError) -> SparseOperator {
    try expectDimension(of: other)
    return SparseOperator(
      rows: (0..<dimension).map { row in
        var result: [Int: Complex<Double>] = [:]
        for (middle, value) in entries(ofRow: row) {
          for (column, factor) in other.entries(ofRow: middle) {
            result[column, default: .zero] += value * factor
          }
        }
        return result
      })
  }

  /// The operator on pairs of states that acts as this one on the first and `other` on the second.
  ///
  /// Pair `(a, b)` is state `a · other.dimension + b`.
  public func tensorProduct(with other: SparseOperator) throws(LindbladError) -> SparseOperator {
    let (size, overflow) = dimension.multipliedReportingOverflow(by: other.dimension)
    guard !overflow, size <= Self.largestDimension else {
      throw .setting(
        "pairs of \(dimension) and \(other.dimension) states are more than "
          + "\(Self.largestDimension), the most an operator may have")
    }
    var entries: [(row: Int, column: Int, value: Complex<Double>)] = []
    for row in 0..<dimension {
      for (column, value) in self.entries(ofRow: row) {
        for otherRow in 0..<other.dimension {
          for (otherColumn, factor) in other.entries(ofRow: otherRow) {
            entries.append(
              (
                row * other.dimension + otherRow, column * other.dimension + otherColumn,
                value * factor
              ))
          }
        }
      }
    }
    return try SparseOperator(dimension: size, entries: entries)
  }

  private func expectDimension(of other: SparseOperator) throws(LindbladError) {
    guard other.dimension == dimension else {
      throw .dimension("the second operator", expected: dimension, got: other.dimension)
    }
  }
}

extension SparseOperator {
  /// What changes nothing.
  public static func identity(_ dimension: Int) throws(LindbladError) -> SparseOperator {
    try SparseOperator(
      dimension: dimension, entries: (0..<max(dimension, 0)).map { ($0, $0, .one) })
  }

  /// `|row⟩⟨column|`, the jump from state `column` to state `row`.
  public static func jump(
    from column: Int, to row: Int, dimension: Int
  ) throws(LindbladError) -> SparseOperator {
    try SparseOperator(dimension: dimension, entries: [(row, column, .one)])
  }

  /// What takes a quantum from an oscillator of levels `0 ..< dimension`: `a|n⟩ = √n |n − 1⟩`.
  public static func annihilation(_ dimension: Int) throws(LindbladError) -> SparseOperator {
    try SparseOperator(
      dimension: dimension,
      entries: (0..<max(dimension - 1, 0)).map {
        ($0, $0 + 1, Complex(Double($0 + 1).squareRoot()))
      })
  }

  /// The quanta of an oscillator, `a†a`.
  public static func number(_ dimension: Int) throws(LindbladError) -> SparseOperator {
    try SparseOperator(
      dimension: dimension, entries: (0..<max(dimension, 0)).map { ($0, $0, Complex(Double($0))) })
  }
}
