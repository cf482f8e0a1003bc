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
    let centred = points.map { zip($0, mean).map { $0 - $1 } }
    // The same directions come from the products of the points with each other, where those are fewer.
    let isWide = points.count < size
    let matrix =
      isWide
      ? centred.map { row in centred.map { Self.product(row, $0) } }
      : Self.covariance(of: centred, size)
    var axes: [[Double]] = []
    for number in 0..<2 {
      axes.append(Self.largest(of: matrix, beside: axes, start: number))
    }
    self.axes = isWide ? axes.map { Self.direction(of: centred, weighted: $0, size) } : axes
    self.mean = mean
  }

  private static func covariance(of points: [[Double]], _ size: Int) -> [[Double]] {
    var covariance = [[Double]](
      repeating: [Double](repeating: 0, count: size), count: size)
    for point in points {
      for row in 0..<size {
        let factor = point[row]
        for column in 0..<size { covariance[row][column] += factor * point[column] }
      }
    }
    return covariance
  }

  /// The unit vector along a weighted sum of points; zeros where that is nothing.
  private static func direction(
    of points: [[Double]], weighted weights: [Double], _ size: Int
  ) -> [Double] {
    var sum = [Double](repeating: 0, count: size)
    for (point, weight) in zip(points, weights) {
      for index in 0..<size { sum[index] += weight * point[index] }
    }
    let length = product(sum, sum).squareRoot()
    return upright(length > 0 ? sum.map { $0 / length } : sum)
  }

  /// Where points lie along the axes.
  func places(of points: [[Double]]) -> [(x: Double, y: Double)] {
    points.map { point in
      let centred = zip(point, mean).map { $0 - $1 }
      return (Self.product(centred, axes[0]), Self.product(centred, axes[1]))
    }
  }

  /// The eigenvector of the largest eigenvalue that is at right angles to others; zeros where they leave
  /// nothing.
  private static func largest(
    of matrix: [[Double]], beside others: [[Double]], start: Int
  ) -> [Double] {
    let trace = matrix.indices.reduce(0) { $0 + matrix[$1][$1] }
    var axis = matrix.indices.map { 1 + Double($0 * (7 + 3 * start) % 11) / 11 }
    for _ in 0..<1000 {
      var next = matrix.map { product($0, axis) }
      for other in others {
        let share = product(next, other)
        next = zip(next, other).map { $0 - share * $1 }
      }
      let length = product(next, next).squareRoot()
      guard length > 1e-12 * trace else { return axis.map { _ in 0 } }
      next = next.map { $0 / length }
      let change = zip(next, axis).reduce(0) { max($0, abs($1.0 - $1.1)) }
      axis = next
      if change < 1e-12 { break }
    }
    return upright(axis)
  }

  /// The axis with its largest part positive, so that a picture does not depend on the sign.
  private static func upright(_ axis: [Double]) -> [Double] {
    let most = axis.max { abs($0) < abs($1) } ?? 1
    return most < 0 ? axis.map { -$0 } : axis
  }

  private static func product(_ first: [Double], _ second: [Double]) -> Double {
    zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
