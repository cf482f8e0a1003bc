import ApusGraph
import ApusTensors

/// A convolution with the elementwise operations around it, in one pass over memory.
///
/// `y = clip(clip(x) ∗ w + bias + addend)`. Made by the engine out of a ``Convolution2D`` and of
/// clips, scales, shifts and sums next to it, such as batch normalization with running statistics,
/// ReLU and a residual sum.
/// - Shapes: `x: [N, H, W, C]`, `w: [KH, KW, C/groups, O]`, `bias: [O]` and, where there is one,
///   `addend: [N, OH, OW, O]` → `[N, OH, OW, O]`. `bias` is float32 where `x` and `w` are bfloat16;
///   the addend is of the result's type.
package struct BiasedConvolution2D: Operation {
  package static let name = "biasedConvolution2D"
  package var geometry: ConvolutionGeometry
  /// What is done to `x` before it is multiplied; the zeros around it are not clipped.
  package var inputClip = ClipBounds.none
  package var hasAddend = false
  package var clip = ClipBounds.none
  /// The result's type, that of the operands unless given; bfloat16 operands may give `float32`.
  package var resultType: DataType?

  package init(geometry: ConvolutionGeometry, resultType: DataType? = nil) {
    self.geometry = geometry
    self.resultType = resultType
  }

  package func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(hasAddend ? 4 : 3, in: Self.name)
    for bounds in [inputClip, clip] {
      _ = try Clip(lower: bounds.lower, upper: bounds.upper).types(of: [inputs[0]])
    }
    let convolution = Convolution2D(geometry: geometry, resultType: resultType)
    let result = try convolution.types(of: Array(inputs.prefix(2)))[0]
    let bias = TensorType([result.shape[3]], BiasedConvolution2D.sumType(of: inputs[0]))
    _ = try bias.equal(to: inputs[2], in: Self.name)
    if hasAddend { _ = try result.equal(to: inputs[3], in: Self.name) }
    return [result]
  }

  /// The type that products of such operands are summed in.
  private static func sumType(of operand: TensorType) -> DataType {
    operand.dataType == .bfloat16 ? .float32 : operand.dataType
  }

  package func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let type = BiasedConvolution2D.sumType(of: inputs[0].type)
    let clipped = try inputs[0].clipped(to: inputClip)
    var value = try Convolution2D(geometry: geometry, resultType: type)(clipped, inputs[1])
    value = try value + inputs[2]
    if hasAddend { value = try value + inputs[3].cast(to: type) }
    return [try value.clipped(to: clip).cast(to: resultType ?? inputs[0].dataType)]
  }
}

extension Node {
  /// Each element held between bounds; the value itself where there are none.
  fileprivate func clipped(to bounds: ClipBounds) throws(GraphError) -> Node {
    bounds == .none ? self : try clipped(lower: bounds.lower, upper: bounds.upper)
  }
}
