import ApusGraph
import ApusTensors

/// A convolution that normalizes and clips its input when it loads it, and sums the statistics of
/// its output when it stores it.
///
/// Made by the engine in chains of convolution, batch normalization and clip: each activation is
/// stored once, before its normalization.
/// - Shapes: `x: [N, H, W, C]`, `filter: [KH, KW, C/groups, O]` and, where there are bounds,
///   `scale: [C]`, `shift: [C]` → `y: [N, OH, OW, O]` and, where it gives moments, `mean: [O]`,
///   `variance: [O]`, the biased one. `y` is the convolution of `clip(x · scale + shift)`.
package struct FusedConvolution2D: Operation {
  package static let name = "fusedConvolution2D"
  package let geometry: ConvolutionGeometry
  /// The clip of the normalized input; nil where the input is taken as it is.
  package let bounds: ClipBounds?
  package let givesMoments: Bool
  /// What the operands of products are rounded to.
  package let operandType: DataType

  package init(
    geometry: ConvolutionGeometry, bounds: ClipBounds? = nil, givesMoments: Bool,
    operandType: DataType = .float32
  ) {
    self.geometry = geometry
    self.bounds = bounds
    self.givesMoments = givesMoments
    self.operandType = operandType
  }

  package func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(bounds == nil ? 2 : 4, in: Self.name)
    let shape = try geometry.outputShape(input: inputs[0], filter: inputs[1], in: Self.name)
    let channels = TensorType([shape[3]], inputs[0].dataType)
    return [TensorType(shape, inputs[0].dataType)] + (givesMoments ? [channels, channels] : [])
  }

  package func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let x = try inputs[0].activation(of: bounds, factors: Array(inputs.dropFirst(2)))
    let y = try Convolution2D(geometry: geometry)(
      x.rounded(to: operandType), inputs[1].rounded(to: operandType))
    guard givesMoments else { return [y] }
    return [y, try y.mean(overAxes: [0, 1, 2]), try y.variance(overAxes: [0, 1, 2])]
  }
}

extension Node {
  /// What a fused convolution reads: `clip(self · scale + shift)`, or the node itself.
  func activation(of bounds: ClipBounds?, factors: [Node]) throws(GraphError) -> Node {
    guard let bounds else { return self }
    return try Clip(lower: bounds.lower, upper: bounds.upper)(self * factors[0] + factors[1])
  }

  /// The numbers rounded to a type, still of this one.
  func rounded(to type: DataType) throws(GraphError) -> Node {
    type == dataType ? self : try cast(to: type).cast(to: dataType)
  }
}
