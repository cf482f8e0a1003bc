import ApusNumerics

/// What a picture's item stands on: a plane through the levels of the outermost pixels, as light that
/// falls from one side makes it, and how far they are from it.
///
/// The plane is fitted by iteratively reweighted least squares with Tukey's biweight, so that an item may
/// cover up to about half of the border.
///
/// Reference: Holland, Welsch (1977), "Robust regression using iteratively reweighted least-squares",
/// Commun. Stat. A 6.
struct PictureGround {
  /// The level in the middle, and by how much it grows from there to the right and to the lower edge.
  private var middle: Double
  private var slopes: (right: Double, down: Double) = (0, 0)
  /// The standard deviation of the ground's pixels about the plane, by the median of their distances.
  private(set) var deviation: Float = 0
  private let center: (row: Double, column: Double)

  init(of plane: GreyPlane) {
    center = (Double(plane.height - 1) / 2, Double(plane.width - 1) / 2)
    let places = plane.border
    let values = places.map { Double(plane.values[$0.row * plane.width + $0.column]) }
    middle = median(of: values)
    for _ in 0..<Self.iterations {
      let ground = self
      let rest = zip(places, values).map { $1 - ground.plane($0.row, $0.column) }
      deviation = Self.deviation(rest)
      move(towards: rest, places)
    }
  }

  private static let iterations = 30
  /// The biweight's constant, 95 % efficient where the rest is normal.
  private static let reach = 4.685
  /// Pictures have whole levels: ground is never taken to be smoother than that.
  private static let leastDeviation = 1.0

  private static func deviation(_ rest: [Double]) -> Float {
    Float(1.4826 * median(of: rest.lazy.map(abs)))
  }

  private mutating func move(towards rest: [Double], _ places: [(row: Int, column: Int)]) {
    let reach = Self.reach * max(Double(deviation), Self.leastDeviation)
    var (sum, weights) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    for (rest, place) in zip(rest, places) where abs(rest) < reach {
      let weight = (1 - (rest / reach) * (rest / reach)) * (1 - (rest / reach) * (rest / reach))
      let (down, right) = offset(place.row, place.column)
      let terms = SIMD4(1, right, down, 0)
      sum += weight * rest * terms
      weights += weight * terms * terms
    }
    // The terms are all but orthogonal along a border: each takes its own step.
    let steps = sum / weights.replacing(with: 1, where: weights .<= 0)
    middle += steps[0]
    slopes = (slopes.right + steps[1], slopes.down + steps[2])
  }

  /// A place from −1 at the upper or left edge to 1 at the lower or right one.
  private func offset(_ row: Int, _ column: Int) -> (down: Double, right: Double) {
    (
      center.row > 0 ? Double(row) / center.row - 1 : 0,
      center.column > 0 ? Double(column) / center.column - 1 : 0
    )
  }

  /// The level of the ground at a pixel, within 0 … 254.
  func level(_ row: Int, _ column: Int) -> Float {
    Float(min(max(plane(row, column), 0), 254))
  }

  private func plane(_ row: Int, _ column: Int) -> Double {
    let (down, right) = offset(row, column)
    return middle + slopes.right * right + slopes.down * down
  }
}
