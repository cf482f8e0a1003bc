import ApusTensors

/// Random numbers of a normal distribution.
///
/// By Box and Muller from the uniform numbers `(u₀, u₁)` and `(u₂, u₃)` of a block: `r·cos 2πu₁`
/// and `r·sin 2πu₁` with `r = √(−2·log(1 − u₀))`.
/// - Shapes: `key: int64 [2]` (seed, step) → `shape`.
/// - Derivative: none with respect to the key.
///
/// Reference: Box, Muller (1958), "A note on the generation of random normal deviates", Ann. Math.
/// Statist. 29.
public struct RandomNormal: Operation {
  public static let name = "randomNormal"
  public let shape: Shape
  public let stream: Int
  public let mean: Double
  public let standardDeviation: Double
  public let dataType: DataType

  public init(
    shape: Shape, stream: Int, mean: Double = 0, standardDeviation: Double = 1,
    dataType: DataType = .float32
  ) {
    self.shape = shape
    self.stream = stream
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.dataType = dataType
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.only(in: Self.name).expectRandomKey(in: Self.name)
    try expectStream(stream, in: Self.name)
    guard standardDeviation >= 0, standardDeviation.isFinite, mean.isFinite else {
      throw GraphError(
        Self.name,
        .setting("no normal numbers of mean \(mean) and standard deviation \(standardDeviation)"))
    }
    return [try TensorType(shape, dataType).floatingPoint(in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    [nil]
  }
}

extension Node {
  /// Random numbers of a normal distribution, by this key.
  public func randomNormal(
    _ type: TensorType, stream: Int, mean: Double = 0, standardDeviation: Double = 1
  ) throws(GraphError) -> Node {
    try RandomNormal(
      shape: type.shape, stream: stream, mean: mean, standardDeviation: standardDeviation,
      dataType: type.dataType)(self)
  }
}
