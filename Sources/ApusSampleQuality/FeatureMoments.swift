import ApusTensors
import CLAPACK

/// The mean and the covariance of features: the normal distribution that is like them.
public struct FeatureMoments: Sendable {
  /// `μ`, a number for each feature.
  public let mean: [Double]
  /// `Σ`, row by row, over `count − 1`.
  public let covariance: [Double]

  /// The moments of examples' features.
  ///
  /// - Shapes: `features: float32 [count, size]`.
  /// - Throws: ``SampleQualityError/tooFew(count:needed:)`` below two examples.
  public init(of features: Tensor) throws(SampleQualityError) {
    let (count, size) = (features.shape[0], features.shape[1])
    guard count >= 2 else { throw .tooFew(count: count, needed: 2) }
    var mean = [Double](repeating: 0, count: size)
    var centred = features.withElements(as: Float.self) { $0.map { Double($0) } }
    for example in 0..<count {
      for place in 0..<size { mean[place] += centred[example * size + place] / Double(count) }
    }
    for example in 0..<count {
      for place in 0..<size { centred[example * size + place] -= mean[place] }
    }
    var covariance = [Double](repeating: 0, count: size * size)
    apus_gram_matrix(Int32(count), Int32(size), centred, &covariance)
    self.mean = mean
    self.covariance = covariance.map { $0 / Double(count - 1) }
  }

  /// The Fréchet distance of two normal distributions,
  /// `‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2·(Σ₁Σ₂)^½)`.
  ///
  /// With `Σ₁ = A·Aᵀ` the eigenvalues of `Σ₁Σ₂` that are not zero are those of the symmetric matrix
  /// `AᵀΣ₂A`, whose square roots sum to the trace; `A` comes from the eigenvectors of `Σ₁`.
  ///
  /// Reference: Dowson, Landau (1982), "The Fréchet distance between multivariate normal
  /// distributions", J. Multivariate Analysis 12; Heusel et al. (2017), arXiv:1706.08500.
  public func frechetDistance(to other: FeatureMoments) throws(SampleQualityError) -> Double {
    let size = mean.count
    guard other.mean.count == size else { throw .sizesDiffer(size, other.mean.count) }
    let root = try transposedRoot()
    let order = Int32(size)
    var product = [Double](repeating: 0, count: size * size)
    var inner = product
    apus_matrix_product(order, order, order, root, 0, other.covariance, 0, &product)
    apus_matrix_product(order, order, order, product, 0, root, 1, &inner)
    var values = [Double](repeating: 0, count: size)
    guard apus_symmetric_eigenvalues(order, &inner, &values) == 0 else { throw .noEigenvalues }
    let cross = values.reduce(0) { $0 + max($1, 0).squareRoot() }
    let shift = zip(mean, other.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return max(0, shift + trace + other.trace - 2 * cross)
  }

  private var trace: Double {
    mean.indices.reduce(0) { $0 + covariance[$1 * (mean.count + 1)] }
  }

  /// `Aᵀ` with `A·Aᵀ = Σ`: the eigenvectors of `Σ`, one a row, each times the root of its eigenvalue.
  private func transposedRoot() throws(SampleQualityError) -> [Double] {
    let size = mean.count
    var vectors = covariance
    var values = [Double](repeating: 0, count: size)
    guard apus_symmetric_eigen(Int32(size), &vectors, &values) == 0 else { throw .noEigenvalues }
    for row in 0..<size {
      let factor = max(values[row], 0).squareRoot()
      for column in 0..<size { vectors[row * size + column] *= factor }
    }
    return vectors
  }
}
