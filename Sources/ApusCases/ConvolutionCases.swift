import ApusGraph
import ApusTensors

extension OperationCase {
  /// Convolutions where gradients go wrong: strides, dilations, groups, uneven padding.
  static let convolutionCases: [OperationCase] =
    denseCases + groupedCases + adjointCases + foldedCases

  private static func convolution(
    _ name: String, _ input: Shape, _ filter: Shape, strides: Size2D = Size2D(1),
    dilations: Size2D = Size2D(1), padding: PaddingRule = .valid, groups: Int = 1
  ) -> OperationCase {
    OperationCase("convolution2D/\(name)", [.real(input), .real(filter)]) {
      try $0[0].convolution2D(
        with: $0[1], strides: strides, dilations: dilations, padding: padding, groups: groups)
    }
  }

  private static let uneven = PaddingRule.explicit(
    Padding2D(top: 0, bottom: 2, left: 1, right: 0))

  private static let denseCases: [OperationCase] = [
    convolution("plain", [2, 5, 6, 3], [3, 3, 3, 4], padding: .same),
    convolution("valid", [2, 5, 6, 3], [3, 2, 3, 4]),
    convolution("strided", [1, 6, 7, 3], [3, 3, 3, 4], strides: Size2D(2), padding: .same),
    convolution("stridedValid", [2, 8, 6, 2], [3, 3, 2, 3], strides: Size2D(height: 3, width: 2)),
    convolution("dilated", [1, 7, 8, 2], [3, 3, 2, 3], dilations: Size2D(2)),
    convolution(
      "stridedDilated", [2, 9, 8, 3], [3, 2, 3, 5], strides: Size2D(height: 2, width: 1),
      dilations: Size2D(height: 1, width: 3), padding: .same),
    convolution("unevenPadding", [2, 5, 6, 3], [3, 3, 3, 4], padding: uneven),
    convolution(
      "unevenStrided", [2, 5, 6, 3], [3, 3, 3, 4], strides: Size2D(2), padding: uneven),
    convolution("onePixel", [3, 1, 1, 8], [3, 3, 8, 7], padding: .same),
    convolution("pointwise", [2, 3, 4, 17], [1, 1, 17, 9]),
    convolution("pointwiseStrided", [2, 5, 5, 3], [1, 1, 3, 4], strides: Size2D(2)),
    convolution("oneChannel", [2, 6, 5, 1], [3, 3, 1, 1], padding: .same),
    convolution("row", [1, 4, 9, 3], [1, 5, 3, 2], padding: .same),
    convolution("wholePicture", [2, 4, 3, 3], [4, 3, 3, 5]),
    convolution("evenFilter", [1, 5, 5, 2], [2, 4, 2, 3], padding: .same),
    convolution("firstLayer", [2, 9, 9, 3], [3, 3, 3, 32], strides: Size2D(2), padding: .same),
    convolution("vectors", [1, 6, 6, 32], [3, 3, 32, 16], padding: .same),
    convolution("emptyBatch", [0, 5, 5, 3], [3, 3, 3, 4]),
  ]

  private static let groupedCases: [OperationCase] = [
    convolution("groups", [2, 5, 5, 4], [3, 3, 2, 6], padding: .same, groups: 2),
    convolution(
      "groupsStrided", [1, 7, 6, 6], [3, 2, 2, 9], strides: Size2D(2), dilations: Size2D(2),
      padding: .same, groups: 3),
    convolution("depthwise", [2, 6, 7, 5], [3, 3, 1, 5], padding: .same, groups: 5),
    convolution("depthwiseVectors", [2, 7, 7, 48], [3, 3, 1, 48], padding: .same, groups: 48),
    convolution(
      "depthwiseStrided", [2, 7, 6, 33], [3, 3, 1, 33], strides: Size2D(2), padding: .same,
      groups: 33),
    convolution(
      "depthwiseUneven", [2, 6, 6, 16], [3, 3, 1, 16], strides: Size2D(2),
      padding: .explicit(Padding2D(top: 0, bottom: 1, left: 0, right: 1)), groups: 16),
    convolution(
      "depthwiseDilated", [1, 7, 7, 8], [3, 3, 1, 8], dilations: Size2D(2), padding: .same,
      groups: 8),
    convolution("depthwiseWide", [1, 7, 7, 8], [5, 5, 1, 8], padding: .same, groups: 8),
    convolution("depthwiseOnePixel", [3, 1, 1, 20], [3, 3, 1, 20], padding: .same, groups: 20),
    OperationCase("convolution2D/multiplier", [.real([2, 5, 5, 3]), .real([3, 3, 3, 2])]) {
      try $0[0].depthwiseConvolution2D(with: $0[1], strides: Size2D(2), padding: .same)
    },
  ]

  /// Scales, shifts, sums and clips beside convolutions, which the engine folds into them.
  private static let foldedCases: [OperationCase] = [
    OperationCase(
      "convolution2D/normalized",
      [.real([2, 5, 6, 3]), .real([3, 3, 3, 17]), .real([17], 0.5, 1.5), .real([17], 0, 4)]
    ) {
      let product = try $0[0].convolution2D(with: $0[1], strides: Size2D(2), padding: .same)
      return try (product * $0[2] + $0[3]).relu6()
    },
    OperationCase(
      "convolution2D/residual",
      [.real([2, 4, 4, 9]), .real([1, 1, 9, 9]), .real([9]), .real([2, 4, 4, 9])]
    ) { try ($0[0].convolution2D(with: $0[1]) + $0[2] + $0[3]).relu() },
    OperationCase(
      "convolution2D/activated",
      [.real([2, 6, 7, 19]), .real([3, 3, 19, 1]), .real([19], 0.5, 1.5), .real([19])]
    ) {
      let separate = try $0[0].clipped(lower: -0.5, upper: 1)
        .depthwiseConvolution2D(with: $0[1], padding: .same)
      return try (separate * $0[2] + $0[3]).relu()
    },
  ]

  private static let adjointCases: [OperationCase] = [
    OperationCase("convolution2DInputGradient", [.real([2, 4, 4, 6]), .real([3, 2, 2, 6])]) {
      try Convolution2DInputGradient(geometry: hardGeometry, inputShape: [2, 7, 6, 4])(
        $0[0], $0[1])
    },
    OperationCase("convolution2DFilterGradient", [.real([2, 7, 6, 4]), .real([2, 4, 4, 6])]) {
      try Convolution2DFilterGradient(geometry: hardGeometry, filterShape: [3, 2, 2, 6])(
        $0[0], $0[1])
    },
    OperationCase("transposedConvolution2D/same", [.real([2, 3, 4, 5]), .real([3, 3, 4, 5])]) {
      try $0[0].transposedConvolution2D(with: $0[1], strides: Size2D(2), padding: .same)
    },
    OperationCase("transposedConvolution2D/valid", [.real([2, 3, 4, 3]), .real([2, 3, 4, 3])]) {
      try $0[0].transposedConvolution2D(with: $0[1], strides: Size2D(height: 3, width: 1))
    },
    OperationCase("transposedConvolution2D/sized", [.real([1, 3, 3, 2]), .real([3, 3, 3, 2])]) {
      try $0[0].transposedConvolution2D(
        with: $0[1], strides: Size2D(2),
        padding: .explicit(Padding2D(vertical: 1, horizontal: 1)), outputSize: Size2D(6))
    },
  ]

  /// Two groups, both strides and dilations, and padding on two sides only.
  private static let hardGeometry = ConvolutionGeometry(
    strides: Size2D(height: 2, width: 1), dilations: Size2D(height: 1, width: 3),
    padding: Padding2D(top: 1, bottom: 1, left: 0, right: 1), groups: 2)
}
