/// Why features cannot be compared.
public enum SampleQualityError: Error, Sendable, Hashable {
  case tooFew(count: Int, needed: Int)
  case neighbours(Int)
  /// The two sets have another number of features for each example.
  case sizesDiffer(Int, Int)
  /// LAPACK found no eigenvalues, which happens where features are not finite.
  case noEigenvalues
}

extension SampleQualityError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooFew(let count, let needed):
      "expected at least \(needed) pictures to compare, got \(count)"
    case .neighbours(let count): "expected at least 1 neighbour, got \(count)"
    case .sizesDiffer(let first, let second):
      "expected as many features of each picture in both sets, got \(first) and \(second)"
    case .noEigenvalues:
      "the features' covariance has no eigenvalues: some features are not finite"
    }
  }
}
