import ApusEngine
import ApusGraph
import ApusTensors

/// How much of what is generated looks real, and how much of what is real is generated.
///
/// A point lies in the manifold of a set where it is no farther from some point of the set than that
/// point's `k`-th nearest neighbour in the set is. Precision is the share of generated points in the
/// manifold of the real ones, recall that of real points in the manifold of the generated ones.
///
/// Reference: Kynkäänniemi et al. (2019), "Improved precision and recall metric for assessing
/// generative models", arXiv:1904.06991.
public struct PrecisionRecall: Sendable, Hashable {
  public let precision: Double
  public let recall: Double

  /// The neighbour that measures how far a point's surroundings reach, `k` in the paper.
  public static let neighbours = 3

  /// - Shapes: `real: float32 [count, size]`, `generated: float32 [count′, size]`.
  public init(
    real: Tensor, generated: Tensor, neighbours: Int = PrecisionRecall.neighbours,
    options: EngineOptions = EngineOptions()
  ) throws {
    guard real.shape[1] == generated.shape[1] else {
      throw SampleQualityError.sizesDiffer(real.shape[1], generated.shape[1])
    }
    // Distances do not change when both sets move, and small numbers lose fewer digits.
    let centre = mean(of: real)
    let real = try Manifold(shifted(real, by: centre), neighbours, options)
    let generated = try Manifold(shifted(generated, by: centre), neighbours, options)
    precision = try real.share(holding: generated.points)
    recall = try generated.share(holding: real.points)
  }
}

/// A set of points and how far the surroundings of each reach.
private final class Manifold {
  let points: Tensor
  /// The square of the distance to each point's `k`-th nearest neighbour.
  private var reaches: [Float] = []
  private let distances: Function

  /// The points whose distances are computed at a time.
  private static let blockSize = 500

  init(_ points: Tensor, _ neighbours: Int, _ options: EngineOptions) throws {
    guard neighbours >= 1 else { throw SampleQualityError.neighbours(neighbours) }
    guard points.shape[0] > neighbours else {
      throw SampleQualityError.tooFew(count: points.shape[0], needed: neighbours + 1)
    }
    self.points = points
    distances = Function(options: options) { inputs in
      let (from, to) = (inputs[0], inputs[1])
      let products = try from.matrixProduct(with: to, transposingSecond: true)
      let squares = try from.squared().sum(overAxes: [1], keepingAxes: true)
      return [try (squares + to.squared().sum(overAxes: [1]) - 2 * products).relu()]
    }
    try forEachRow(of: points) { index, row in
      reaches.append(smallest(neighbours, of: row, without: index))
    }
  }

  /// The share of `others` that lie in the manifold.
  func share(holding others: Tensor) throws -> Double {
    var held = 0
    try forEachRow(of: others) { _, row in
      if row.indices.contains(where: { row[$0] <= reaches[$0] }) { held += 1 }
    }
    return Double(held) / Double(others.shape[0])
  }

  /// Calls `use` with the squares of the distances of each of `others` to all points.
  private func forEachRow(
    of others: Tensor, _ use: (Int, UnsafeBufferPointer<Float>) -> Void
  ) throws {
    let (count, size) = (others.shape[0], others.shape[1])
    for start in stride(from: 0, to: count, by: Self.blockSize) {
      let end = min(start + Self.blockSize, count)
      let block = others.withElements(as: Float.self) { Array($0[start * size..<end * size]) }
      let values = try distances(Tensor(block, shape: [end - start, size]), points)[0]
      let width = points.shape[0]
      values.withElements(as: Float.self) { numbers in
        for index in start..<end {
          let row = (index - start) * width
          use(index, UnsafeBufferPointer(rebasing: numbers[row..<row + width]))
        }
      }
    }
  }
}

/// The `count`-th smallest of `numbers`, the one at `excluded` left out.
private func smallest(
  _ count: Int, of numbers: UnsafeBufferPointer<Float>, without excluded: Int
) -> Float {
  var least: [Float] = []
  for (index, number) in numbers.enumerated()
  where index != excluded && (least.count < count || number < least[count - 1]) {
    least.insert(number, at: least.firstIndex { $0 > number } ?? least.count)
    if least.count > count { least.removeLast() }
  }
  return least[count - 1]
}

private func mean(of points: Tensor) -> [Float] {
  let (count, size) = (points.shape[0], points.shape[1])
  var sums = [Double](repeating: 0, count: size)
  points.withElements(as: Float.self) { numbers in
    for index in numbers.indices { sums[index % size] += Double(numbers[index]) }
  }
  return sums.map { Float($0 / Double(max(count, 1))) }
}

private func shifted(_ points: Tensor, by centre: [Float]) -> Tensor {
  let numbers = points.withElements(as: Float.self) { numbers in
    numbers.indices.map { numbers[$0] - centre[$0 % centre.count] }
  }
  return Tensor(numbers, shape: points.shape)
}
