import ApusTensors

/// Each channel shifted and scaled to mean 0 and variance 1, then by learned factors.
///
/// `y = γ·(x − μ)/√(σ² + ε) + β` with the channel's mean `μ` and biased variance `σ²` over all
/// other axes.
/// - Shapes: `x: [d…, C]`, `gamma: [C]`, `beta: [C]` → `y: [d…, C]`, `mean: [C]`, `variance: [C]`.
///   Where `x` is bfloat16 the others may be `float32`.
/// - Derivative: ``BatchNormalizationGradient`` for `y`; that of the decomposition for mean and
///   variance.
///
/// Reference: Ioffe, Szegedy (2015), "Batch normalization", ICML.
public struct BatchNormalization: Operation {
  public static let name = "batchNormalization"
  public let epsilon: Double

  public init(epsilon: Double) { self.epsilon = epsilon }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(3, in: Self.name)
    let channel = try inputs.normalized(in: Self.name, factors: ["gamma", "beta"], minimumRank: 2)
    try expectPositive(epsilon: epsilon, in: Self.name)
    return [inputs[0], channel, channel]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    let (x, gamma) = (node.inputs[0], node.inputs[1])
    var result: [Node?] = [nil, nil, nil]
    if let gradient = gradients[0] {
      result = try BatchNormalizationGradient(epsilon: epsilon)
        .outputs(of: [x, gamma, node.output(1), node.output(2), gradient])
    }
    if gradients[1] != nil || gradients[2] != nil {
      let (mean, variance) = try statistics(of: x, as: gamma.dataType)
      let more = try gradientsWhereDependent(
        of: [mean, variance], along: [gradients[1], gradients[2]], with: [x])
      if let other = more[0] {
        if let sum = result[0] { result[0] = try sum + other } else { result[0] = other }
      }
    }
    return result
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let (x, gamma, beta) = (inputs[0], inputs[1], inputs[2])
    let (mean, variance) = try statistics(of: x, as: gamma.dataType)
    let deviation = try (variance + epsilon).reciprocalSquareRoot()
    let y = try (x.cast(to: gamma.dataType) - mean) * deviation * gamma + beta
    return [try y.cast(to: x.dataType), mean, variance]
  }

  private func statistics(
    of x: Node, as dataType: DataType
  ) throws(GraphError) -> (mean: Node, variance: Node) {
    let x = try x.cast(to: dataType)
    let axes = Array(0..<x.shape.rank - 1)
    return (try x.mean(overAxes: axes), try x.variance(overAxes: axes))
  }
}

/// Checks a normalization's `ε`.
func expectPositive(epsilon: Double, in operation: String) throws(GraphError) {
  guard epsilon > 0, epsilon.isFinite else {
    throw GraphError(operation, .setting("epsilon must be positive, got \(epsilon)"))
  }
}

extension [TensorType] {
  /// Checks that the operands after the first are one number for each position of its last axis.
  ///
  /// - Returns: their type.
  func normalized(
    in operation: String, factors names: [String], minimumRank: Int
  ) throws(GraphError) -> TensorType {
    let x = try self[0].floatingPoint(in: operation)
    guard x.rank >= minimumRank else {
      throw GraphError(
        operation, .rank(expected: "at least \(minimumRank)", actual: x.rank),
        [.init(name: "x", type: x, axes: "…, channel")])
    }
    let mixed = x.dataType == .bfloat16 && self[1].dataType == .float32
    let expected = TensorType([x.shape[x.rank - 1]], mixed ? .float32 : x.dataType)
    for (name, factor) in zip(names, dropFirst()) where factor != expected {
      throw GraphError(
        operation,
        factor.dataType == expected.dataType
          ? .shapesDiffer(factor.shape, expected.shape)
          : .dataTypesDiffer(expected.dataType, factor.dataType),
        [.init(name: "x", type: x, axes: "…, channel"), .init(name: name, type: factor)])
    }
    return expected
  }
}

extension Node {
  /// This value normalized by its own statistics: the training form.
  ///
  /// - Returns: the normalized value and each channel's mean and biased variance.
  public func batchNormalized(
    scale gamma: Node, offset beta: Node, epsilon: Double
  ) throws(GraphError) -> (value: Node, mean: Node, variance: Node) {
    let outputs = try BatchNormalization(epsilon: epsilon).outputs(of: [self, gamma, beta])
    return (outputs[0], outputs[1], outputs[2])
  }

  /// This value normalized by given statistics: the form for inference, `x·s + (β − μ·s)` with
  /// `s = γ/√(σ² + ε)`.
  public func batchNormalized(
    scale gamma: Node, offset beta: Node, mean: Node, variance: Node, epsilon: Double
  ) throws(GraphError) -> Node {
    let factor = try gamma * (variance + epsilon).reciprocalSquareRoot()
    let shift = try beta - mean * factor
    return try self * factor.cast(to: dataType) + shift.cast(to: dataType)
  }
}
