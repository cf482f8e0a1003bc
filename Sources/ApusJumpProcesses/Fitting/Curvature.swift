import Glibc

/// The standard deviations that the curvature of a log-likelihood at its maximum gives.
struct Curvature {
  /// Infinite where the likelihood does not fall.
  let deviations: [Double]

  init(of function: ([Double]) -> Double, at point: [Double], width: Double = 0.02) {
    let n = point.count
    func value(_ shifts: [(Int, Double)]) -> Double {
      var here = point
      for (index, shift) in shifts { here[index] += shift }
      return function(here)
    }
    let best = function(point)
    var information = DenseMatrix(rows: n, columns: n)
    for i in 0..<n {
      information[i, i] =
        (2 * best - value([(i, width)]) - value([(i, -width)])) / (width * width)
      for j in 0..<i {
        let mixed =
          value([(i, width), (j, width)]) - value([(i, width), (j, -width)])
          - value([(i, -width), (j, width)]) + value([(i, -width), (j, -width)])
        information[i, j] = -mixed / (4 * width * width)
        information[j, i] = information[i, j]
      }
    }
    let inverse = information.solve(.identity(n))
    deviations = (0..<n).map { index in
      let variance = inverse?[index, index] ?? .infinity
      return variance > 0 ? variance.squareRoot() : .infinity
    }
  }
}

/// The largest value of a function without derivatives.
///
/// Reference: Nelder, Mead (1965), "A simplex method for function minimization", Comput. J. 7.
struct SimplexSearch {
  private(set) var corners: [(point: [Double], value: Double)]
  private(set) var evaluations = 0
  private let function: ([Double]) throws(JumpProcessError) -> Double

  init(
    from start: [Double], size: Double,
    _ function: @escaping ([Double]) throws(JumpProcessError) -> Double
  ) throws(JumpProcessError) {
    self.function = function
    corners = []
    try add(start)
    for index in start.indices {
      var point = start
      point[index] += size
      try add(point)
    }
  }

  private mutating func add(_ point: [Double]) throws(JumpProcessError) {
    corners.append((point, try value(point)))
  }

  private mutating func value(_ point: [Double]) throws(JumpProcessError) -> Double {
    evaluations += 1
    let value = try function(point)
    return value.isNaN ? -.infinity : value
  }

  /// Moves the simplex until its values and its corners are within `tolerance`.
  mutating func run(tolerance: Double, limit: Int) throws(JumpProcessError) {
    let n = corners.count - 1
    while true {
      corners.sort { $0.value > $1.value }
      let width = corners.reduce(0) { width, corner in
        max(width, zip(corner.point, corners[0].point).reduce(0) { max($0, abs($1.0 - $1.1)) })
      }
      if corners[0].value - corners[n].value < tolerance, width < 1e-4 { return }
      guard evaluations < limit else { return }
      let center = (0..<n).map { axis in
        corners.dropLast().reduce(0) { $0 + $1.point[axis] } / Double(n)
      }
      let worst = corners[n]
      func along(_ factor: Double) -> [Double] {
        zip(center, worst.point).map { $0 + factor * ($0 - $1) }
      }
      let reflected = try value(along(1))
      if reflected > corners[0].value {
        let expanded = try value(along(2))
        corners[n] = expanded > reflected ? (along(2), expanded) : (along(1), reflected)
      } else if reflected > corners[n - 1].value {
        corners[n] = (along(1), reflected)
      } else {
        let factor = reflected > worst.value ? 0.5 : -0.5
        let contracted = try value(along(factor))
        if contracted > max(worst.value, reflected) {
          corners[n] = (along(factor), contracted)
        } else {
          try shrink()
        }
      }
    }
  }

  private mutating func shrink() throws(JumpProcessError) {
    let best = corners[0].point
    for index in corners.indices.dropFirst() {
      let point = zip(best, corners[index].point).map { ($0 + $1) / 2 }
      corners[index] = (point, try value(point))
    }
  }

  var best: (point: [Double], value: Double) {
    corners.max { $0.value < $1.value } ?? ([], -.infinity)
  }
}
