import ApusGraph
import ApusTensors

extension OperationCase {
  /// Normalizations with all outputs in use, softmax, cross-entropy with each kind of label.
  static let normalizationCases: [OperationCase] =
    batchCases + layerCases + softmaxCases + entropyCases

  private static func batch(_ name: String, _ input: Shape, epsilon: Double) -> OperationCase {
    let channels: Shape = [input[input.rank - 1]]
    return OperationCase(
      "batchNormalization/\(name)", [.real(input), .real(channels, 0.5, 1.5), .real(channels)],
      outputs: { try BatchNormalization(epsilon: epsilon).outputs(of: $0) })
  }

  private static let batchCases: [OperationCase] = [
    batch("rows", [6, 5], epsilon: 1e-3),
    batch("pictures", [2, 3, 4, 5], epsilon: 1e-3),
    batch("vectors", [3, 4, 4, 32], epsilon: 1e-5),
    OperationCase(
      "batchNormalization/valueOnly", [.real([2, 3, 3, 17]), .real([17], 0.5, 1.5), .real([17])]
    ) { try BatchNormalization(epsilon: 1e-3)($0[0], $0[1], $0[2]) },
    OperationCase(
      "batchNormalization/clipped", [.real([2, 3, 3, 17]), .real([17], 1, 3), .real([17], 0, 4)]
    ) { try BatchNormalization(epsilon: 1e-3)($0[0], $0[1], $0[2]).relu6() },
    OperationCase(
      "batchNormalization/inference",
      [.real([2, 3, 3, 5]), .real([5], 0.5, 1.5), .real([5]), .real([5]), .real([5], 0.3, 2)]
    ) {
      try $0[0].batchNormalized(
        scale: $0[1], offset: $0[2], mean: $0[3], variance: $0[4], epsilon: 1e-3)
    },
    OperationCase(
      "batchNormalizationGradient",
      [
        .real([2, 3, 4, 5]), .real([5], 0.5, 1.5), .real([5]), .real([5], 0.3, 2),
        .real([2, 3, 4, 5]),
      ],
      outputs: { try BatchNormalizationGradient(epsilon: 1e-3).outputs(of: $0) }),
  ]

  private static func layer(_ name: String, _ input: Shape) -> OperationCase {
    let channels: Shape = [input[input.rank - 1]]
    return OperationCase(
      "layerNormalization/\(name)", [.real(input), .real(channels, 0.5, 1.5), .real(channels)]
    ) { try LayerNormalization(epsilon: 1e-5)($0[0], $0[1], $0[2]) }
  }

  private static let layerCases: [OperationCase] = [
    layer("rows", [4, 6]),
    layer("sentences", [2, 3, 19]),
    OperationCase("layerNormalization/shared", [.real([4, 6]), .real([6], 0.5, 1.5)]) {
      try LayerNormalization(epsilon: 1e-5)($0[0], $0[1], $0[1])
    },
  ]

  private static let softmaxCases: [OperationCase] = [
    OperationCase("softmax", [.real([3, 7], -4, 4)]) { try $0[0].softmax() },
    OperationCase("softmax/large", [.real([3, 7], 90, 110)]) { try $0[0].softmax() },
    OperationCase("softmax/deep", [.real([2, 3, 5])]) { try $0[0].softmax() },
    OperationCase("logSoftmax", [.real([3, 7], -4, 4)]) { try $0[0].logSoftmax() },
    OperationCase("logSoftmax/large", [.real([3, 7], -500, 500)]) {
      try $0[0].logSoftmax()
    }.derivatives(upTo: 0),
  ]

  private static func entropy(
    _ name: String, _ logits: Shape, _ labels: CaseOperand, smoothing: Double = 0
  ) -> OperationCase {
    OperationCase("softmaxCrossEntropy/\(name)", [.real(logits, -4, 4), labels]) {
      try $0[0].softmaxCrossEntropy(labels: $0[1], labelSmoothing: smoothing)
    }
  }

  private static let entropyCases: [OperationCase] = [
    entropy("indices", [5, 10], .integers([5], below: 10)),
    entropy("smoothed", [5, 10], .integers([5], below: 10, .int64), smoothing: 0.1),
    entropy("dense", [5, 7], .real([5, 7], 0, 0.5)),
    entropy("denseSmoothed", [5, 7], .real([5, 7], 0, 0.5), smoothing: 0.2),
    entropy("sentences", [2, 3, 7], .integers([2, 3], below: 7)),
    OperationCase(
      "softmaxCrossEntropyGradient",
      [.real([5, 7], -4, 4), .integers([5], below: 7), .real([5])]
    ) { try SoftmaxCrossEntropyGradient(labelSmoothing: 0.1)($0[0], $0[1], $0[2]) },
  ]
}
