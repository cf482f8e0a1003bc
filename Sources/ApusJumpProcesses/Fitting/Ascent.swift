import Glibc

/// The maximum of a function of a few numbers, by slopes (BFGS).
///
/// Slopes are differences; the function is asked for several points at once, to compute them side by
/// side.
struct Ascent {
  private(set) var point: [Double]
  private(set) var value: Double
  private(set) var iterations = 0
  private let function: ([[Double]]) throws -> [Double]

  init(
    from point: [Double], _ function: @escaping ([[Double]]) throws -> [Double]
  ) throws {
    self.function = function
    self.point = point
    value = try function([point])[0]
  }

  /// Climbs until a step gains less than `gain`.
  mutating func climb(
    gain: Double = 1e-7, most: Int = 200, report: (Int, Double) throws -> Void
  ) throws(any Error) {
    let size = point.count
    var inverse = DenseMatrix.identity(size)
    var slope = try self.slope(at: point)
    while iterations < most {
      iterations += 1
      try report(iterations, value)
      var direction = inverse.applied(to: slope)
      if zip(direction, slope).reduce(0, { $0 + $1.0 * $1.1 }) <= 0 {
        inverse = DenseMatrix.identity(size)
        direction = slope
      }
      // A first step of more than a factor e in a parameter leads nowhere.
      let longest = direction.map(\.magnitude).max() ?? 0
      guard longest > 0 else { return }
      let scale = longest > 1 ? 1 / longest : 1
      direction = direction.map { $0 * scale }
      guard let step = try lineSearch(direction, slope) else { return }
      let next = try self.slope(at: step.point)
      inverse.update(
        moved: zip(step.point, point).map { $0 - $1 }, turned: zip(slope, next).map { $0 - $1 })
      let gained = step.value - value
      (point, value, slope) = (step.point, step.value, next)
      if gained < gain { return }
    }
    throw FitError.noConvergence("the likelihood still rises after \(most) steps, at \(value)")
  }

  /// Steps of a half, a half of that, …; the first that gains enough.
  private func lineSearch(
    _ direction: [Double], _ slope: [Double]
  ) throws -> (point: [Double], value: Double)? {
    let rise = zip(direction, slope).reduce(0) { $0 + $1.0 * $1.1 }
    var length = 1.0
    for _ in 0..<30 {
      let candidate = zip(point, direction).map { $0 + length * $1 }
      let value = try function([candidate])[0]
      if value >= self.value + 1e-4 * length * rise { return (candidate, value) }
      length /= 2
    }
    return nil
  }

  private func slope(at point: [Double]) throws -> [Double] {
    let step = 1e-4
    let values = try function(point.indices.flatMap { moved(point, $0, by: step) })
    return point.indices.map { (values[2 * $0] - values[2 * $0 + 1]) / (2 * step) }
  }

  private func moved(_ point: [Double], _ axis: Int, by step: Double) -> [[Double]] {
    var (above, below) = (point, point)
    above[axis] += step
    below[axis] -= step
    return [above, below]
  }

  /// The curvature at the point, turned up.
  func information() throws -> DenseMatrix {
    let step = 1e-2
    let size = point.count
    var points: [[Double]] = [point]
    for row in 0..<size {
      for column in 0...row {
        for (a, b) in [(1.0, 1.0), (1, -1), (-1, 1), (-1, -1)] {
          var shifted = point
          shifted[row] += a * step
          shifted[column] += b * step
          points.append(shifted)
        }
      }
    }
    let values = try function(points)
    var result = DenseMatrix(rows: size, columns: size)
    var place = 1
    for row in 0..<size {
      for column in 0...row {
        let four = values[place..<place + 4].map { $0 }
        let second = (four[0] - four[1] - four[2] + four[3]) / (4 * step * step)
        result[row, column] = -second
        result[column, row] = -second
        place += 4
      }
    }
    return result
  }
}

extension DenseMatrix {
  func applied(to vector: [Double]) -> [Double] {
    (0..<size).map { row in (0..<size).reduce(0) { $0 + self[row, $1] * vector[$1] } }
  }

  /// BFGS' update of an inverse curvature by a move and how the slope turned.
  mutating func update(moved s: [Double], turned y: [Double]) {
    let product = zip(s, y).reduce(0) { $0 + $1.0 * $1.1 }
    guard product > 1e-12 else { return }
    let turned = applied(to: y)
    let curvature = zip(y, turned).reduce(0) { $0 + $1.0 * $1.1 }
    for row in 0..<size {
      for column in 0..<size {
        self[row, column] +=
          (1 + curvature / product) * s[row] * s[column] / product
          - (turned[row] * s[column] + s[row] * turned[column]) / product
      }
    }
  }
}
