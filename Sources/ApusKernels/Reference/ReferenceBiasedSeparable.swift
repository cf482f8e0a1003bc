import ApusTensors

/// The depthwise convolution, then the pointwise one.
struct ReferenceBiasedSeparable: TypedReferenceKernel {
  func compute(
    _ operation: BiasedSeparableConvolution2D, _ inputs: [ReferenceOperand],
    _ outputs: [ReferenceOperand]
  ) {
    let shape = Shape(outputs[0].shape.extents.dropLast() + [inputs[1].shape[3]])
    var between = [Double](repeating: 0, count: shape.count)
    between.withUnsafeMutableBufferPointer {
      let middle = ReferenceOperand(shape: shape, values: $0)
      let convolution = ReferenceBiasedConvolution2D()
      convolution.compute(operation.depthwise, Array(inputs.prefix(3)), [middle])
      convolution.compute(operation.pointwise, [middle] + inputs.suffix(2), outputs)
    }
  }
}
