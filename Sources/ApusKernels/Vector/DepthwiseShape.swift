import ApusGraph
import ApusTensors
import CKernels

extension ConvolutionGeometry {
  /// The convolution as the C kernels for depthwise ones take it, or nil where it is none.
  ///
  /// One channel is a dense convolution, which oneDNN computes many times faster.
  func depthwiseShape(input: Shape, filter: Shape) -> apus_depthwise_shape? {
    guard groups == input[3], filter[2] == 1, groups > 1 else { return nil }
    var shape = apus_depthwise_shape()
    (shape.batch, shape.channels) = (Int64(input[0]), Int64(input[3]))
    (shape.height, shape.width) = (Int64(input[1]), Int64(input[2]))
    shape.multiplier = Int64(filter[3] / groups)
    (shape.filter_height, shape.filter_width) = (Int64(filter[0]), Int64(filter[1]))
    (shape.stride_height, shape.stride_width) = (Int64(strides.height), Int64(strides.width))
    (shape.dilation_height, shape.dilation_width) = (
      Int64(dilations.height), Int64(dilations.width)
    )
    (shape.pad_top, shape.pad_bottom) = (Int64(padding.top), Int64(padding.bottom))
    (shape.pad_left, shape.pad_right) = (Int64(padding.left), Int64(padding.right))
    return shape
  }
}
