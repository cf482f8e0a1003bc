import ApusGraph
import ApusTensors
import CKernels

/// Which of the C kernels' fused loops a convolution is for.
package enum FusedConvolutionForm {
  /// A 1×1 filter: a matrix product of pixels.
  case pixels
  /// A small dense filter: a matrix product of patches, which has no gradient of the input.
  case patches
  /// A filter of 3×3 a channel.
  case depthwise

  /// Whether products of bfloat16 numbers are computed here.
  package static var supportsBFloat16: Bool { apus_fused_product_has_bfloat16() }

  /// More numbers than this in a patch are better left to oneDNN.
  private static let patchLimit = 128

  /// The form for float32 operands of these shapes; nil where there are no such loops.
  package init?(_ geometry: ConvolutionGeometry, input: Shape, filter: Shape) {
    if geometry.groups > 1 {
      guard let shape = geometry.depthwiseShape(input: input, filter: filter),
        withUnsafePointer(to: shape, apus_fused_depthwise_takes)
      else { return nil }
      self = .depthwise
    } else if filter[0] == 1, filter[1] == 1, geometry.strides == Size2D(1),
      geometry.padding == .none
    {
      self = .pixels
    } else if filter[0] * filter[1] * filter[2] <= Self.patchLimit {
      self = .patches
    } else {
      return nil
    }
    guard input.count > 0, filter.count > 0 else { return nil }
  }
}

extension ConvolutionGeometry {
  /// The convolution as the C kernels for fused products take it.
  func fusedProduct(
    input: Shape, filter: Shape, output: Shape, form: FusedConvolutionForm, bounds: ClipBounds?,
    operandType: DataType
  ) -> apus_fused_product {
    var product = apus_fused_product()
    product.rows = Int64(output[0] * output[1] * output[2])
    product.inner = Int64(filter[0] * filter[1] * filter[2])
    product.columns = Int64(filter[3])
    product.has_patches = form == .patches
    if product.has_patches { product.patches = patches(input, filter, output) }
    if let bounds {
      product.normalizes = true
      (product.low, product.high) = (Float(bounds.lower), Float(bounds.upper))
    }
    product.bfloat16 = operandType == .bfloat16
    return product
  }

  private func patches(_ input: Shape, _ filter: Shape, _ output: Shape) -> apus_patches {
    var patches = apus_patches()
    (patches.height, patches.width) = (Int64(input[1]), Int64(input[2]))
    patches.channels = Int64(input[3])
    (patches.filter_height, patches.filter_width) = (Int64(filter[0]), Int64(filter[1]))
    (patches.stride_height, patches.stride_width) = (Int64(strides.height), Int64(strides.width))
    patches.dilation_height = Int64(dilations.height)
    patches.dilation_width = Int64(dilations.width)
    (patches.pad_top, patches.pad_left) = (Int64(padding.top), Int64(padding.left))
    (patches.output_height, patches.output_width) = (Int64(output[1]), Int64(output[2]))
    return patches
  }
}
