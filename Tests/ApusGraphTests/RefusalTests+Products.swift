import ApusGraph
import ApusTensors

extension Refusal {
  static let products: [Refusal] = [
    Refusal(
      "inner extents that differ", [[2, 3], [4, 5]],
      .extentsDiffer("the inner extents", 3, 4),
      "matrixProduct: the inner extents differ: 3 and 4; first float32[2, 3] (…, M, K); "
        + "second float32[4, 5] (…, K, N)"
    ) { try $0[0].matrixProduct(with: $0[1]) },
    Refusal(
      "inner extents that differ when transposed", [[3, 2], [4, 5]],
      .extentsDiffer("the inner extents", 3, 5),
      "matrixProduct: the inner extents differ: 3 and 5; first float32[3, 2] (…, K, M); "
        + "second float32[4, 5] (…, N, K)"
    ) { try $0[0].matrixProduct(with: $0[1], transposingFirst: true, transposingSecond: true) },
    Refusal(
      "a product with a vector", [[2, 3], [3]], .rank(expected: "2", actual: 1),
      "matrixProduct: expects 2 axes, got 1; first float32[2, 3] (…, M, K); "
        + "second float32[3] (…, K, N)"
    ) { try $0[0].matrixProduct(with: $0[1]) },
    Refusal(
      "batches of more than there can be", [[1 << 40, 1, 8, 8], [1, 1 << 18, 8, 8]],
      .setting("a result of extents [1099511627776, 262144, 8, 8] has too many elements"),
      "matrixProduct: a result of extents [1099511627776, 262144, 8, 8] has too many elements"
    ) { try $0[0].matrixProduct(with: $0[1]) },
    Refusal(
      "batches that do not broadcast", [[2, 3, 4], [3, 4, 5]],
      .shapesDiffer([2, 3, 4], [3, 4, 5]),
      "matrixProduct: the operands' shapes differ: [2, 3, 4] and [3, 4, 5]; "
        + "first float32[2, 3, 4]; second float32[3, 4, 5]"
    ) { try $0[0].matrixProduct(with: $0[1]) },
    Refusal(
      "a result type the operands do not give", [[2, 3], [3, 4]],
      .setting("operands of float32 do not give a result of bfloat16"),
      "matrixProduct: operands of float32 do not give a result of bfloat16"
    ) { try MatrixProduct(resultType: .bfloat16).outputs(of: $0) },
  ]

  private static let input = "input float32[2, 5, 6, 3] (batch, height, width, channel)"
  private static let filterAxes = "(height, width, input channel of a group, output channel)"

  static let pictures: [Refusal] = [
    Refusal(
      "channels that differ", [[2, 5, 6, 3], [3, 3, 4, 8]],
      .channelsDiffer(input: 3, filter: 4),
      "convolution2D: input has 3 channels, filter expects 4; \(input); "
        + "filter float32[3, 3, 4, 8] \(filterAxes)"
    ) { try $0[0].convolution2D(with: $0[1]) },
    Refusal(
      "a picture without a batch", [[5, 6, 3], [3, 3, 3, 8]], .rank(expected: "4", actual: 3),
      "convolution2D: expects 4 axes, got 3; "
        + "input float32[5, 6, 3] (batch, height, width, channel)"
    ) { try $0[0].convolution2D(with: $0[1]) },
    Refusal(
      "groups that do not divide", [[2, 5, 6, 3], [3, 3, 1, 8]],
      .setting("2 groups do not divide 3 channels and 8 filters"),
      "convolution2D: 2 groups do not divide 3 channels and 8 filters; \(input); "
        + "filter float32[3, 3, 1, 8] \(filterAxes)"
    ) { try $0[0].convolution2D(with: $0[1], groups: 2) },
    Refusal(
      "a filter larger than the picture", [[2, 5, 6, 3], [3, 3, 3, 8]],
      .setting("height: a window over 9 positions does not fit 5"),
      "convolution2D: height: a window over 9 positions does not fit 5; \(input); "
        + "filter float32[3, 3, 3, 8] \(filterAxes)"
    ) { try $0[0].convolution2D(with: $0[1], dilations: Size2D(4)) },
    Refusal(
      "a stride of zero", [[2, 5, 6, 3], [3, 3, 3, 8]],
      .setting("width: strides and dilations must be in 1...1048576"),
      "convolution2D: width: strides and dilations must be in 1...1048576; \(input); "
        + "filter float32[3, 3, 3, 8] \(filterAxes)"
    ) { try $0[0].convolution2D(with: $0[1], strides: Size2D(height: 1, width: 0)) },
    Refusal(
      "negative padding", [[2, 5, 6, 3], [3, 3, 3, 8]],
      .setting("height: padding must be in 0...1048576"),
      "convolution2D: height: padding must be in 0...1048576; \(input); "
        + "filter float32[3, 3, 3, 8] \(filterAxes)"
    ) {
      try $0[0].convolution2D(
        with: $0[1], padding: .explicit(Padding2D(vertical: -1, horizontal: 0)))
    },
    Refusal(
      "a gradient of another shape", [[2, 3, 3, 8], [3, 3, 3, 8]],
      .shapesDiffer([2, 3, 3, 8], [2, 3, 4, 8]),
      "convolution2DInputGradient: the operands' shapes differ: [2, 3, 3, 8] and [2, 3, 4, 8]; "
        + "gradient float32[2, 3, 3, 8] (batch, height, width, channel); "
        + "filter float32[3, 3, 3, 8]; input float32[2, 5, 6, 3]"
    ) {
      try Convolution2DInputGradient(
        geometry: ConvolutionGeometry(), inputShape: [2, 5, 6, 3]
      ).outputs(of: $0)
    },
    Refusal(
      "padding as large as the window", [[2, 5, 6, 3]],
      .setting("padding must be smaller than the window, which would see nothing else"),
      "pooling2D: padding must be smaller than the window, which would see nothing else; \(input)"
    ) {
      try $0[0].maximumPooling2D(
        window: Size2D(2), padding: .explicit(Padding2D(vertical: 2, horizontal: 0)))
    },
    Refusal(
      "a window larger than the picture", [[2, 5, 6, 3]],
      .setting("width: a window over 7 positions does not fit 6"),
      "pooling2D: width: a window over 7 positions does not fit 6; \(input)"
    ) { try $0[0].averagePooling2D(window: Size2D(height: 1, width: 7)) },
    Refusal(
      "a transposed stride of zero", [[2, 5, 6, 3], [3, 3, 8, 3]],
      .setting("strides, dilations, groups and extents must be positive"),
      "transposedConvolution2D: strides, dilations, groups and extents must be positive; "
        + "input float32[2, 5, 6, 3]; filter float32[3, 3, 8, 3]"
    ) { try $0[0].transposedConvolution2D(with: $0[1], strides: Size2D(0)) },
  ]

  static let normalizing: [Refusal] = [
    Refusal(
      "a factor for too few channels", [[4, 5], [4], [5]], .shapesDiffer([4], [5]),
      "batchNormalization: the operands' shapes differ: [4] and [5]; "
        + "x float32[4, 5] (…, channel); gamma float32[4]"
    ) { try BatchNormalization(epsilon: 1e-3).outputs(of: $0) },
    Refusal(
      "no axis to normalize over", [[5], [5], [5]], .rank(expected: "at least 2", actual: 1),
      "batchNormalization: expects at least 2 axes, got 1; x float32[5] (…, channel)"
    ) { try BatchNormalization(epsilon: 1e-3).outputs(of: $0) },
    Refusal(
      "an epsilon of zero", [[4, 5], [5], [5]], .setting("epsilon must be positive, got 0.0"),
      "layerNormalization: epsilon must be positive, got 0.0"
    ) { try LayerNormalization(epsilon: 0).outputs(of: $0) },
    Refusal(
      "the softmax of a scalar", [[]], .setting("needs a last axis with at least one element"),
      "softmax: needs a last axis with at least one element; logits float32[]"
    ) { try $0[0].softmax() },
    Refusal(
      "labels for another batch", types: [TensorType([4, 5]), TensorType([3], .int32)],
      .shapesDiffer([3], [4]),
      "softmaxCrossEntropy: the operands' shapes differ: [3] and [4]; "
        + "logits float32[4, 5] (example, class); labels int32[3] (example)"
    ) { try $0[0].softmaxCrossEntropy(labels: $0[1]) },
    Refusal(
      "smoothing beyond one", types: [TensorType([4, 5]), TensorType([4], .int32)],
      .setting("label smoothing must be in 0...1, got 1.5"),
      "softmaxCrossEntropy: label smoothing must be in 0...1, got 1.5"
    ) { try $0[0].softmaxCrossEntropy(labels: $0[1], labelSmoothing: 1.5) },
  ]

  static let random: [Refusal] = [
    Refusal(
      "a rate of one", types: [TensorType([4]), .randomKey],
      .setting("the rate must be in 0..<1, got 1.0"), "dropout: the rate must be in 0..<1, got 1.0"
    ) { try $0[0].dropout(rate: 1, key: $0[1], stream: 0) },
    Refusal(
      "a key of another type", types: [TensorType([4]), TensorType([2])],
      .setting("the key must be int64[2], seed and step"),
      "dropout: the key must be int64[2], seed and step; key float32[2]"
    ) { try $0[0].dropout(rate: 0.5, key: $0[1], stream: 0) },
    Refusal(
      "a negative stream", types: [.randomKey],
      .setting("the stream must be in 0..<2³², got -1"),
      "randomNormal: the stream must be in 0..<2³², got -1"
    ) { try $0[0].randomNormal(TensorType([4]), stream: -1) },
    Refusal(
      "an empty range", types: [.randomKey],
      .setting("the range 1.0..<1.0 has no numbers"),
      "randomUniform: the range 1.0..<1.0 has no numbers"
    ) { try $0[0].randomUniform(TensorType([4]), stream: 0, lower: 1, upper: 1) },
    Refusal(
      "a range wider than the type", types: [.randomKey],
      .setting("the range -3e+38..<3e+38 is too wide for float32"),
      "randomUniform: the range -3e+38..<3e+38 is too wide for float32"
    ) { try $0[0].randomUniform(TensorType([4]), stream: 0, lower: -3e38, upper: 3e38) },
  ]
}
