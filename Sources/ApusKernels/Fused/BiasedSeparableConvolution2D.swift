import ApusGraph
import ApusTensors

/// A depthwise convolution and the pointwise one that alone reads it, in one pass over memory.
///
/// `y = pointwise(depthwise(x))`, both as ``BiasedConvolution2D`` and without addends. Made by the engine.
/// - Shapes: `x: [N, H, W, C]`, the depthwise filter `[KH, KW, 1, C]` and bias `[C]`, the pointwise filter
///   `[1, 1, C, O]` and bias `[O]` → `[N, OH, OW, O]`.
package struct BiasedSeparableConvolution2D: Operation {
  package static let name = "biasedSeparableConvolution2D"
  package let depthwise: BiasedConvolution2D
  package let pointwise: BiasedConvolution2D

  package init(_ depthwise: BiasedConvolution2D, _ pointwise: BiasedConvolution2D) {
    self.depthwise = depthwise
    self.pointwise = pointwise
  }

  package func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    try inputs.expectCount(5, in: Self.name)
    return try pointwise.types(of: [between(inputs)] + inputs.suffix(2))
  }

  /// The type of what the depthwise convolution gives.
  func between(_ inputs: [TensorType]) throws(GraphError) -> TensorType {
    try depthwise.types(of: Array(inputs.prefix(3)))[0]
  }

  package func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    let between = try depthwise(inputs[0], inputs[1], inputs[2])
    return [try pointwise(between, inputs[3], inputs[4])]
  }
}
