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
      var rest = zip(places, values).map { $1 - ground.plane($0.row, $0.column) }
      deviation = Float(1.4826 * median(of: rest.lazy.map(abs)))
      guard move(by: &rest, places) > Self.leastStep else { break }
    }
  }

  private static let iterations = 30
  /// In levels: a fit that moves less is there.
  private static let leastStep = 1e-3
  /// The biweight's constant, 95 % efficient where the rest is normal.
  private static let reach = 4.685
  /// Pictures have whole levels: ground is never taken to be smoother than that.
  private static let leastDeviation = 1.0

  /// Fits the terms in turn, each to what the others leave; gives the longest step, in levels.
  private mutating func move(
    by rest: inout [Double], _ places: [(row: Int, column: Int)]
  ) -> Double {
    let reach = Self.reach * max(Double(deviation), Self.leastDeviation)
    let weights = rest.map { distance in
      let share = min(1, distance * distance / (reach * reach))
      return (1 - share) * (1 - share)
    }
    var steps = (middle: 0.0, right: 0.0, down: 0.0)
    steps.middle = Self.fit(&rest, weights, places.map { _ in 1 })
    steps.right = Self.fit(&rest, weights, places.map { offset($0.row, $0.column).right })
    steps.down = Self.fit(&rest, weights, places.map { offset($0.row, $0.column).down })
    middle += steps.middle
    slopes = (slopes.right + steps.right, slopes.down + steps.down)
    return max(abs(steps.middle), abs(steps.right), abs(steps.down))
  }

  /// The least-squares multiple of a term, which it takes off the rest.
  private static func fit(_ rest: inout [Double], _ weights: [Double], _ term: [Double]) -> Double {
    var (product, square) = (0.0, 0.0)
    for index in rest.indices {
      product += weights[index] * rest[index] * term[index]
      square += weights[index] * term[index] * term[index]
    }
    guard square > 0 else { return 0 }
    for index in rest.indices { rest[index] -= product / square * term[index] }
    return product / square
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
