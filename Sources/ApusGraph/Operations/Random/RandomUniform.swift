import ApusTensors

/// Random numbers spread evenly over `lower..<upper`.
///
/// `lower + (upper − lower)·u` with `u` in `[0, 1)` of 24 random bits: `(word >> 8)·2⁻²⁴`. Rounded to the
/// type, the largest numbers may come out as `upper`.
/// - Shapes: `key: int64 [2]` (seed, step) → `shape`.
/// - Derivative: none with respect to the key.
///
/// Reference: Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3", SC '11.
public struct RandomUniform: Operation {
  public static let name = "randomUniform"
  public let shape: Shape
  public let stream: Int
  public let lower: Double
  public let upper: Double
  public let dataType: DataType

  public init(
    shape: Shape, stream: Int, lower: Double = 0, upper: Double = 1,
    dataType: DataType = .float32
  ) {
    self.shape = shape
    self.stream = stream
    self.lower = lower
    self.upper = upper
    self.dataType = dataType
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.only(in: Self.name).expectRandomKey(in: Self.name)
    try expectStream(stream, in: Self.name)
    guard lower < upper, (upper - lower).isFinite else {
      throw GraphError(Self.name, .setting("the range \(lower)..<\(upper) has no numbers"))
    }
    guard dataType == .float64 || (Float(upper) - Float(lower)).isFinite else {
      throw GraphError(
        Self.name, .setting("the range \(lower)..<\(upper) is too wide for \(dataType)"))
    }
    return [try TensorType(shape, dataType).floatingPoint(in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [nil]
  }
}

extension Node {
  /// Random numbers spread evenly over `lower..<upper`, by this key.
  public func randomUniform(
    _ type: TensorType, stream: Int, lower: Double = 0, upper: Double = 1
  ) throws(GraphError) -> Node {
    try RandomUniform(
      shape: type.shape, stream: stream, lower: lower, upper: upper, dataType: type.dataType)(self)
  }
}
