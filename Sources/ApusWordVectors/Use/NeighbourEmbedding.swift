import Glibc

/// Places in the plane that keep neighbours together: t-SNE, exact.
///
/// Starts from the principal axes and draws nothing, so one input gives one result. Time and memory grow with
/// the square of the number of points; use for some thousands at most.
///
/// Reference: van der Maaten, Hinton (2008), "Visualizing data using t-SNE", JMLR 9; the start and the
/// learning rate as in Kobak, Berens (2019), "The art of using t-SNE for single-cell transcriptomics",
/// Nature Communications 10.
struct NeighbourEmbedding {
  /// As many neighbours count about.
  var perplexity = 30.0
  var steps = 750
  private static let exaggeratedSteps = 250

  /// The places of points of equal length.
  func places(of points: [[Double]]) -> [(x: Double, y: Double)] {
    let count = points.count
    let start = PrincipalAxes(of: points).places(of: points)
    guard count > 3 else { return start }
    let shares = Self.shares(of: points, perplexity: min(perplexity, Double(count - 1) / 3))
    let spread = (start.reduce(0) { $0 + $1.x * $1.x } / Double(count)).squareRoot()
    let scale = spread > 0 ? 1e-4 / spread : 1
    var places = start.flatMap { [$0.x * scale, $0.y * scale] }
    var speeds = [Double](repeating: 0, count: 2 * count)
    var gains = [Double](repeating: 1, count: 2 * count)
    let rate = max(50, Double(count) / 12)
    for step in 0..<steps {
      let isEarly = step < Self.exaggeratedSteps
      let slopes = Self.slopes(at: places, shares, exaggeration: isEarly ? 12 : 1)
      let momentum = isEarly ? 0.5 : 0.8
      for index in places.indices {
        let isTurning = (slopes[index] > 0) == (speeds[index] > 0)
        gains[index] = max(0.01, isTurning ? gains[index] * 0.8 : gains[index] + 0.2)
        speeds[index] = momentum * speeds[index] - rate * gains[index] * slopes[index]
        places[index] += speeds[index]
      }
    }
    return (0..<count).map { (places[2 * $0], places[2 * $0 + 1]) }
  }

  /// `p(i, j)`, row by row: how near two points are, of a sum of 1.
  static func shares(of points: [[Double]], perplexity: Double) -> [Double] {
    let count = points.count
    var shares = [Double](repeating: 0, count: count * count)
    for row in 0..<count {
      let distances = points.map { other in
        zip(points[row], other).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      let near = conditional(distances, of: row, entropy: log(perplexity))
      for column in 0..<count {
        shares[row * count + column] += near[column] / Double(2 * count)
        shares[column * count + row] += near[column] / Double(2 * count)
      }
    }
    return shares
  }

  /// The shares of one point's neighbours whose entropy is as told, by bisection of the width.
  private static func conditional(_ distances: [Double], of row: Int, entropy: Double) -> [Double] {
    var (low, high, precision) = (0.0, Double.infinity, 1.0)
    let least = distances.indices.filter { $0 != row }.reduce(.infinity) { min($0, distances[$1]) }
    var shares = distances
    for _ in 0..<100 {
      for place in distances.indices {
        shares[place] = place == row ? 0 : exp(-(distances[place] - least) * precision)
      }
      let sum = shares.reduce(0, +)
      shares = shares.map { $0 / sum }
      let actual = shares.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
      if abs(actual - entropy) < 1e-5 { break }
      if actual > entropy { low = precision } else { high = precision }
      precision = high.isFinite ? (low + high) / 2 : precision * 2
    }
    return shares
  }

  /// `∂KL/∂yᵢ = 4 Σⱼ (pᵢⱼ − qᵢⱼ)(yᵢ − yⱼ)/(1 + |yᵢ − yⱼ|²)`.
  private static func slopes(
    at places: [Double], _ shares: [Double], exaggeration: Double
  ) -> [Double] {
    let count = places.count / 2
    var weights = [Double](repeating: 0, count: count * count)
    var total = 0.0
    for row in 0..<count {
      for column in 0..<row {
        let (x, y) = (
          places[2 * row] - places[2 * column], places[2 * row + 1] - places[2 * column + 1]
        )
        let weight = 1 / (1 + x * x + y * y)
        weights[row * count + column] = weight
        total += 2 * weight
      }
    }
    var slopes = [Double](repeating: 0, count: 2 * count)
    for row in 0..<count {
      for column in 0..<row {
        let pair = row * count + column
        let force = 4 * (exaggeration * shares[pair] - weights[pair] / total) * weights[pair]
        for axis in 0..<2 {
          let pull = force * (places[2 * row + axis] - places[2 * column + axis])
          slopes[2 * row + axis] += pull
          slopes[2 * column + axis] -= pull
        }
      }
    }
    return slopes
  }
}
