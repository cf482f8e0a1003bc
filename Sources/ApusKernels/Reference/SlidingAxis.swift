import ApusGraph

/// How a window slides along one axis of a picture.
struct SlidingAxis {
  let extent: Int
  let stride: Int
  let dilation: Int
  /// The places added before the first.
  let padding: Int

  /// Where in the picture a tap of the window lies for one output; nil in the padding.
  func position(output: Int, tap: Int) -> Int? {
    let position = output * stride + tap * dilation - padding
    return position >= 0 && position < extent ? position : nil
  }
}

extension ConvolutionGeometry {
  /// How the filter slides over the rows of a picture.
  func rows(_ extent: Int) -> SlidingAxis {
    SlidingAxis(
      extent: extent, stride: strides.height, dilation: dilations.height, padding: padding.top)
  }

  /// How the filter slides over the columns of a picture.
  func columns(_ extent: Int) -> SlidingAxis {
    SlidingAxis(
      extent: extent, stride: strides.width, dilation: dilations.width, padding: padding.left)
  }
}
