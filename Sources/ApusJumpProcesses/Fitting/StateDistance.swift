/// How far states are from the mean of a distribution, in units of its covariance.
///
/// Species that others fix, as conserved sums do, count no second time. The square is that of Mahalanobis: on
/// average the number of ``independent`` species.
///
/// Reference: Mahalanobis (1936), "On the generalised distance in statistics", Proc. Natl. Inst. Sci. India 2;
/// the factors are those of Higham (2002), "Accuracy and Stability of Numerical Algorithms", section 10.3.
struct StateDistance {
  /// The species that others do not fix.
  private(set) var independent: [Int] = []
  /// The columns of the covariance's pivoted Cholesky factor.
  private var columns: [[Double]] = []
  private let means: [Double]

  /// Of its variance, what others leave a species that they do not fix.
  private static let least = 1e-6

  init(_ distribution: StateDistribution) {
    let (means, covariance) = distribution.covariance
    self.means = means
    let variances = means.indices.map { covariance[$0, $0] }
    var left = covariance
    func share(_ index: Int) -> Double {
      variances[index] > 0 ? left[index, index] / variances[index] : 0
    }
    while let pivot = means.indices.max(by: { share($0) < share($1) }), share(pivot) > Self.least {
      let root = left[pivot, pivot].squareRoot()
      let column = means.indices.map { left[$0, pivot] / root }
      for row in means.indices {
        for other in means.indices { left[row, other] -= column[row] * column[other] }
      }
      independent.append(pivot)
      columns.append(column)
    }
  }

  /// The square of the distance of a state, its species in the order of the model.
  func square(of state: [Int]) -> Double {
    var rest = zip(state, means).map { Double($0) - $1 }
    var sum = 0.0
    for (pivot, column) in zip(independent, columns) {
      let step = rest[pivot] / column[pivot]
      for index in rest.indices { rest[index] -= step * column[index] }
      sum += step * step
    }
    return sum
  }
}
