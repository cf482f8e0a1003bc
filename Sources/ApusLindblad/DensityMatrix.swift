import Numerics

/// The state of a quantum system: a Hermitian matrix of trace one with no negative eigenvalue.
///
/// The diagonal has the probabilities of the states, what is beside it how far they are in phase.
public struct DensityMatrix: Sendable, Hashable {
  public let dimension: Int
  /// `[dimension, dimension]`, row by row.
  public internal(set) var elements: [Complex<Double>]

  /// A state by its elements, `[dimension, dimension]` row by row.
  ///
  /// - Throws: ``LindbladError`` where the elements are not Hermitian within 1e-9, a probability is
  ///   negative, or they do not sum to one within 1e-9. That no eigenvalue is negative is not checked.
  public init(dimension: Int, elements: [Complex<Double>]) throws(LindbladError) {
    guard 1...SparseOperator.largestDimension ~= dimension, elements.count == dimension * dimension
    else {
      throw .state(
        "\(elements.count) elements make no density matrix of dimension \(dimension); expected its "
          + "square, and a dimension of 1 to \(SparseOperator.largestDimension)")
    }
    self.init(unchecked: elements, dimension: dimension)
    guard elements.allSatisfy(\.isFinite) else { throw .state("an element is not a finite number") }
    let difference = asymmetry
    guard difference <= 1e-9 else { throw .notHermitian("the state", difference: difference) }
    if let negative = populations.first(where: { $0 < -1e-12 }) {
      throw .state("a probability is \(negative); expected at least 0")
    }
    guard abs(trace - 1) <= 1e-9 else {
      throw .state("the probabilities sum to \(trace); expected 1")
    }
  }

  init(unchecked elements: [Complex<Double>], dimension: Int) {
    (self.dimension, self.elements) = (dimension, elements)
  }

  /// The system in one of its basis states for sure.
  public static func state(_ index: Int, of dimension: Int) throws(LindbladError) -> DensityMatrix {
    guard 0..<dimension ~= index else {
      throw .state("there is no state \(index) of \(dimension)")
    }
    return try pure((0..<dimension).map { $0 == index ? .one : .zero })
  }

  /// `|ψ⟩⟨ψ|` of amplitudes, which are normalized.
  public static func pure(_ amplitudes: [Complex<Double>]) throws(LindbladError) -> DensityMatrix {
    let norm = amplitudes.reduce(0) { $0 + $1.lengthSquared }
    guard norm > 0, norm.isFinite else {
      throw .state("the squares of the amplitudes sum to \(norm); expected more than 0")
    }
    var elements: [Complex<Double>] = []
    elements.reserveCapacity(amplitudes.count * amplitudes.count)
    for row in amplitudes {
      for column in amplitudes { elements.append(row * column.conjugate / Complex(norm)) }
    }
    return try DensityMatrix(dimension: amplitudes.count, elements: elements)
  }

  public subscript(row: Int, column: Int) -> Complex<Double> { elements[row * dimension + column] }

  /// The probability of each basis state.
  public var populations: [Double] { (0..<dimension).map { self[$0, $0].real } }

  /// The sum of the probabilities.
  public var trace: Double { populations.reduce(0, +) }

  /// `Tr ρ²`: one for a state that is known in full, `1/dimension` where nothing is known.
  public var purity: Double { elements.reduce(0) { $0 + $1.lengthSquared } }

  /// The largest difference between an element and the conjugate of its mirror image.
  var asymmetry: Double {
    var worst = 0.0
    for row in 0..<dimension {
      for column in 0...row {
        worst = max(worst, (self[row, column] - self[column, row].conjugate).length)
      }
    }
    return worst
  }

  /// `Tr(O ρ)`, the mean of what `O` measures.
  public func expectation(of observable: SparseOperator) throws(LindbladError) -> Complex<Double> {
    guard observable.dimension == dimension else {
      throw .dimension("the observable", expected: dimension, got: observable.dimension)
    }
    var sum = Complex<Double>.zero
    for row in 0..<dimension {
      for (column, value) in observable.entries(ofRow: row) { sum += value * self[column, row] }
    }
    return sum
  }
}
