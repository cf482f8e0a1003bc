import ApusGraph
import ApusTensors

/// The derivatives of ``FusedConvolution2D``'s first output with respect to filter and input.
///
/// - Shapes: `dz: [N, OH, OW, O]`, `x: [N, H, W, C]`, `filter: [KH, KW, C/groups, O]`; where there are
///   bounds `scale: [C]`, `shift: [C]`, `mean: [C]`; where the gradient comes through a normalization
///   `y: [N, OH, OW, O]`, `a: [O]`, `b: [O]`, `c: [O]` → `dfilter` and, where it gives that of the
///   input, `dx: [N, H, W, C]` and, with bounds, `sum: [C]`, `products: [C]`.
///
/// The gradient of the convolution's output is `dz`, or `a·dz + b·y + c`. With bounds `dx` is the
/// gradient of `x · scale + shift`, 0 where the clip holds, `sum` is `Σ dx` and `products` is
/// `Σ dx·(x − mean)`: what the normalization before needs.
package struct FusedConvolution2DGradient: Operation {
  package static let name = "fusedConvolution2DGradient"
  package let geometry: ConvolutionGeometry
  package let bounds: ClipBounds?
  /// Whether the gradient comes through a normalization of the output.
  package let isNormalized: Bool
  package let givesInput: Bool
  /// What the operands of products are rounded to.
  package let operandType: DataType

  package init(
    geometry: ConvolutionGeometry, bounds: ClipBounds? = nil, isNormalized: Bool, givesInput: Bool,
    operandType: DataType = .float32
  ) {
    self.geometry = geometry
    self.bounds = bounds
    self.isNormalized = isNormalized
    self.givesInput = givesInput
    self.operandType = operandType
  }

  /// Where the operands after the filter are.
  var factors: Range<Int> { 3..<(bounds == nil ? 3 : 6) }
  var normalization: Range<Int> { factors.upperBound..<factors.upperBound + (isNormalized ? 4 : 0) }

  package func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(normalization.upperBound, in: Self.name)
    let (dz, x, filter) = (inputs[0], inputs[1], inputs[2])
    let expected = try geometry.outputShape(input: x, filter: filter, in: Self.name)
    guard dz.shape == expected else {
      throw GraphError(
        Self.name, .shapesDiffer(dz.shape, expected), [.init(name: "gradient", type: dz)])
    }
    let channels = TensorType([x.shape[3]], x.dataType)
    let sums = bounds == nil ? [] : [channels, channels]
    return [filter] + (givesInput ? [x] + sums : [])
  }

  package func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let (dz, x, filter) = (inputs[0], inputs[1], inputs[2])
    let factors = Array(inputs[self.factors])
    let through = Array(inputs[normalization])
    let dy = isNormalized ? try through[1] * dz + through[2] * through[0] + through[3] : dz
    let z = try x.activation(of: bounds, factors: factors)
    let rounded = try dy.rounded(to: operandType)
    let dfilter = try Convolution2DFilterGradient(geometry: geometry, filterShape: filter.shape)(
      z.rounded(to: operandType), rounded)
    guard givesInput else { return [dfilter] }
    let incoming = try Convolution2DInputGradient(geometry: geometry, inputShape: x.shape)(
      rounded, filter.rounded(to: operandType))
    guard let bounds else { return [dfilter, incoming] }
    let dx = try ClipGradient(lower: bounds.lower, upper: bounds.upper)(
      x * factors[0] + factors[1], incoming)
    let products = try dx * (x - factors[2])
    return [dfilter, dx, try dx.sum(overAxes: [0, 1, 2]), try products.sum(overAxes: [0, 1, 2])]
  }
}
