/// The two directions in which points differ most.
///
/// Reference: Pearson (1901), "On lines and planes of closest fit to systems of points in space",
/// Philosophical Magazine 2. Found by the power method, the second among what the first leaves.
struct PrincipalAxes {
  /// Two unit vectors.
  let axes: [[Double]]
  private let mean: [Double]

  /// The axes of points of equal, positive length.
  init(of points: [[Double]]) {
    let size = points.first?.count ?? 0
    let mean = (0..<size).map { index in
      points.reduce(0) { $0 + $1[index] } / Double(max(1, points.count))
    }
    var covariance = [[Double]](
      repeating: [Double](repeating: 0, count: size), count: size)
    for point in points {
      let centred = zip(point, mean).map { $0 - $1 }
      for row in 0..<size {
        let factor = centred[row]
        for column in 0..<size { covariance[row][column] += factor * centred[column] }
      }
    }
    var axes: [[Double]] = []
    for number in 0..<2 {
      axes.append(Self.largest(of: covariance, beside: axes, start: number))
    }
    self.axes = axes
    self.mean = mean
  }

  /// Where points lie along the axes.
  func places(of points: [[Double]]) -> [(x: Double, y: Double)] {
    points.map { point in
      let centred = zip(point, mean).map { $0 - $1 }
      return (Self.product(centred, axes[0]), Self.product(centred, axes[1]))
    }
  }

  /// The eigenvector of the largest eigenvalue that is at right angles to others; its largest part is
  /// positive, so that a picture does not depend on the sign.
  private static func largest(
    of matrix: [[Double]], beside others: [[Double]], start: Int
  ) -> [Double] {
    var axis = matrix.indices.map { 1 + Double(($0 * 7 + start * 3) % 11) / 11 }
    for _ in 0..<1000 {
      var next = matrix.map { product($0, axis) }
      for other in others {
        let share = product(next, other)
        next = zip(next, other).map { $0 - share * $1 }
      }
      let length = product(next, next).squareRoot()
      guard length > 0 else { break }
      next = next.map { $0 / length }
      let change = zip(next, axis).reduce(0) { max($0, abs($1.0 - $1.1)) }
      axis = next
      if change < 1e-12 { break }
    }
    let most = axis.max { abs($0) < abs($1) } ?? 1
    return most < 0 ? axis.map { -$0 } : axis
  }

  private static func product(_ first: [Double], _ second: [Double]) -> Double {
    zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
