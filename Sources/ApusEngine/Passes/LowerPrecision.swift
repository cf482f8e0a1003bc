import ApusGraph
import ApusTensors

extension Computation {
  /// The computation with the operands of products rounded to bfloat16; sums and results stay fp32.
  ///
  /// Depthwise convolutions stay as they are: memory bounds them, not arithmetic.
  func withBFloat16Products() throws -> Computation {
    try GraphRewriter.rewrite(self) { application, inputs in
      if let sequence = try application.lstmWithBFloat16Products(inputs) { return sequence }
      guard let product = application.operation.summingInFloat32,
        inputs.allSatisfy({ $0.dataType == .float32 })
      else { return nil }
      let operands = try inputs.map { try $0.cast(to: .bfloat16) }
      return try Application(product, operands).outputs
    }
  }
}

extension Operation {
  /// The same product for bfloat16 operands, giving fp32; nil where the operation is no product.
  fileprivate var summingInFloat32: (any Operation)? {
    switch self {
    case var product as MatrixProduct:
      product.resultType = .float32
      return product
    case var convolution as Convolution2D where !convolution.geometry.isDepthwise:
      convolution.resultType = .float32
      return convolution
    case var gradient as Convolution2DInputGradient where !gradient.geometry.isDepthwise:
      gradient.resultType = .float32
      return gradient
    case var gradient as Convolution2DFilterGradient where !gradient.geometry.isDepthwise:
      gradient.resultType = .float32
      return gradient
    default: return nil
    }
  }
}

extension ConvolutionGeometry {
  /// Whether each group is small: such a convolution is bound by memory.
  fileprivate var isDepthwise: Bool { groups > 1 }
}
