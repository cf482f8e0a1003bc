import ApusTensors

// Reductions that are compositions of smaller operations; their derivatives follow.
extension Node {
  /// `log Σ eˣ` over `axes`, over all of them unless given, without overflow.
  public func logSumExp(
    overAxes axes: [Int]? = nil, keepingAxes: Bool = false
  ) throws(GraphError) -> Node {
    // The largest element is subtracted; it is held finite, or −∞ − (−∞) would give NaN.
    let largest =
      switch dataType {
      case .float64: Double.greatestFiniteMagnitude
      case .bfloat16: 3.38e38
      default: Double(Float.greatestFiniteMagnitude)
      }
    let shift = try max(overAxes: axes, keepingAxes: true)
      .clipped(lower: -largest, upper: largest).stoppingGradient()
    let sum = try (self - shift).exponential().sum(overAxes: axes, keepingAxes: true)
    // Of a row of −∞ alone the sum is zero, whose logarithm has no finite derivative: its result is constant.
    let isEmpty = try sum.isEqual(to: 0)
    let (one, none) = try (
      Node.filled(1, like: sum.type), Node.filled(-.infinity, like: sum.type)
    )
    let logarithm = try Node.select(isEmpty, one, sum).logarithm() + shift
    let kept = try Node.select(isEmpty, none, logarithm)
    return keepingAxes ? kept : try kept.dropping(reduced: axes, of: shape)
  }

  /// The mean of the squared deviations from the mean over `axes`, over all of them unless given.
  public func variance(
    overAxes axes: [Int]? = nil, keepingAxes: Bool = false
  ) throws(GraphError) -> Node {
    let deviation = try self - mean(overAxes: axes, keepingAxes: true)
    return try deviation.squared().mean(overAxes: axes, keepingAxes: keepingAxes)
  }

  /// The Euclidean norm `√Σx²` over `axes`, over all of them unless given.
  ///
  /// Its derivative of every order is zero where the norm is zero, not NaN.
  public func norm(
    overAxes axes: [Int]? = nil, keepingAxes: Bool = false
  ) throws(GraphError) -> Node {
    let sum = try squared().sum(overAxes: axes, keepingAxes: keepingAxes)
    let isZero = try sum.isEqual(to: 0)
    let root = try Node.select(isZero, Node.filled(1, like: sum.type), sum).squareRoot()
    return try Node.select(isZero, Node.filled(0, like: sum.type), root)
  }

  /// The value without the axes of extent 1 that a reduction of `shape` over `axes` kept.
  private func dropping(reduced axes: [Int]?, of shape: Shape) throws(GraphError) -> Node {
    let axes = try shape.normalized(axes: axes ?? Array(0..<shape.rank), in: Reduction.name)
    return try reshaped(to: shape.dropping(axes))
  }
}
