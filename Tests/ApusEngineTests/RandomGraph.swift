import ApusGraph
import ApusNumerics
import ApusTensors

/// A random function of a few matrices, made of smooth and kinked operations of every family.
struct RandomGraph {
  /// `x: [4, 6]`, `y: [4, 6]`, a square matrix, a row, and a filter.
  let inputs: [Node]
  let numbers: [[Double]]
  let total: Node
  /// What was applied, for the message of a failed test.
  let trail: [String]

  private static let shapes: [Shape] = [[4, 6], [4, 6], [6, 6], [6], [3, 2, 1, 2]]

  init(seed: UInt64, operations range: ClosedRange<Int>, realType: DataType = .float64) throws {
    var random = PhiloxStream(seed: seed, purpose: 1)
    var inputs: [Node] = []
    for (index, shape) in Self.shapes.enumerated() {
      inputs.append(try .placeholder("input \(index)", TensorType(shape, realType)))
    }
    var values = [inputs[0], inputs[1]]
    var trail: [String] = []
    for _ in 0..<Int.random(in: range, using: &random) {
      let step = Self.steps[Int.random(in: 0..<Self.steps.count, using: &random)]
      // The newest value is always taken, so nothing is left out of the result.
      let other = values[Int.random(in: 0..<values.count, using: &random)]
      values.append(try step.apply(values[values.count - 1], other, inputs))
      trail.append(step.name)
    }
    let weights = Tensor((0..<24).map { _ in Double.random(in: -1...1, using: &random) })
    let factor = try Node.constant(weights.reshaped(to: [4, 6])).cast(to: realType)
    total = try (values[values.count - 1] * factor).sum()
    numbers = Self.shapes.map { shape in
      (0..<shape.count).map { _ in Double(Float.random(in: -1.5...1.5, using: &random)) }
    }
    self.inputs = inputs
    self.trail = trail
  }

  /// One way to make a new `[4, 6]` from the newest value, another one and the inputs.
  private struct Step: Sendable {
    let name: String
    let apply: @Sendable (_ x: Node, _ y: Node, _ inputs: [Node]) throws -> Node

    init(
      _ name: String, _ apply: @escaping @Sendable (Node, Node, [Node]) throws -> Node
    ) {
      self.name = name
      self.apply = apply
    }
  }

  private static let steps: [Step] = functions + pairs + products + parts + reductions + pictures

  private static let functions: [Step] = [
    Step("tanh") { x, _, _ in try x.tanh() },
    Step("sigmoid") { x, _, _ in try x.sigmoid() },
    Step("sine") { x, _, _ in try x.sine() },
    Step("softplus") { x, _, _ in try x.softplus() },
    Step("gelu") { x, _, _ in try x.gelu() },
    Step("swish") { x, _, _ in try x.swish() },
    Step("relu") { x, _, _ in try x.relu() },
    Step("leakyReLU") { x, _, _ in try x.leakyReLU(slope: 0.3) },
    Step("elu") { x, _, _ in try x.clipped(upper: 3).elu() },
    Step("approximateGELU") { x, _, _ in try x.gelu(approximately: true) },
    Step("selu") { x, _, _ in try x.clipped(upper: 3).selu() },
    Step("relu6") { x, _, _ in try (x * 3).relu6() },
    Step("logarithm") { x, _, _ in try (x.squared() + 0.5).logarithm() },
    Step("squareRoot") { x, _, _ in try (x.squared() + 0.5).squareRoot() },
    Step("square") { x, _, _ in try x.tanh().squared() },
    Step("exponential") { x, _, _ in try x.clipped(lower: -2, upper: 1).exponential() },
    Step("power") { x, _, _ in try (x.absolute() + 0.5).raised(to: 1.7).tanh() },
  ]

  private static let pairs: [Step] = [
    Step("add") { x, y, _ in try x + y },
    Step("subtractRow") { x, _, inputs in try x - inputs[3] },
    Step("multiply") { x, y, _ in try x.tanh() * y },
    Step("divide") { x, y, _ in try x / (y.softplus() + 1) },
    Step("maximum") { x, y, _ in try Node.maximum(x, y * 0.7) },
    Step("select") { x, y, _ in try Node.select(x.isGreater(than: y * 0.9), x * 2, y) },
  ]

  private static let products: [Step] = [
    Step("matrixProduct") { x, _, inputs in try x.tanh().matrixProduct(with: inputs[2]) },
    Step("gram") { x, y, _ in
      try x.tanh().matrixProduct(with: y.tanh(), transposingSecond: true)
        .matrixProduct(with: x.sine())
    },
    Step("transposedProduct") { x, y, _ in
      try x.tanh().matrixProduct(with: x.sine(), transposingFirst: true)
        .matrixProduct(with: y.tanh(), transposingSecond: true).transposed()
    },
  ]

  private static let parts: [Step] = [
    Step("swapHalves") { x, _, _ in
      let halves = try x.split(into: 2, alongAxis: 1)
      return try Node.concatenated([halves[1], halves[0].squared().tanh()], alongAxis: 1)
    },
    Step("interleave") { x, y, _ in
      try Node.concatenated(
        [x.sliced(alongAxis: 0, by: 2), y.sliced(alongAxis: 0, from: 1, by: 2)], alongAxis: 0)
    },
    Step("shift") { x, _, _ in
      try x.padded(before: [1, 0], after: [0, 2]).sliced(from: [0, 2], to: [4, 8])
    },
    Step("reshape") { x, _, _ in try x.reshaped(to: [6, 4]).transposed() },
    Step("reverse") { x, _, _ in try x.reversed(alongAxes: [1]) },
    Step("gather") { x, _, _ in
      try x.gathering(Node.constant(Tensor([2, 0, 2, 3] as [Int32])))
    },
    Step("scatterAdd") { x, _, _ in
      try x.scatterAdded(at: Node.constant(Tensor([1, 3, 1, 0] as [Int32])), count: 4)
    },
  ]

  private static let reductions: [Step] = [
    Step("centre") { x, _, _ in try x - x.mean(overAxes: [1], keepingAxes: true) },
    Step("divideByNorm") { x, _, _ in try x / (x.norm(overAxes: [1], keepingAxes: true) + 1) },
    Step("subtractMaximum") { x, _, _ in try x - x.max(overAxes: [0], keepingAxes: true) },
    Step("scaleByVariance") { x, _, _ in try x * x.variance(overAxes: [0]).tanh() },
    Step("product") { x, y, _ in
      try y + (x.tanh() + 0.2).product(overAxes: [1], keepingAxes: true)
    },
    Step("productOfRearranged") { x, y, _ in
      try y
        + (x.tanh() + 0.2).reshaped(to: [6, 4]).transposed().product(
          overAxes: [1], keepingAxes: true)
    },
    Step("softmax") { x, y, _ in try x.softmax() * y },
    Step("logSoftmax") { x, _, _ in try x.logSoftmax().tanh() },
    Step("layerNormalization") { x, _, inputs in
      try x.layerNormalized(scale: inputs[3], offset: inputs[3], epsilon: 0.1)
    },
    Step("batchNormalization") { x, _, inputs in
      let result = try x.batchNormalized(
        scale: inputs[3], offset: inputs[2].sum(overAxes: [0]), epsilon: 0.1)
      return try result.value.tanh() + result.mean * result.variance
    },
    Step("crossEntropy") { x, y, _ in
      let labels = try Node.constant(Tensor([1, 5, 0, 2] as [Int32]))
      return try y.tanh()
        * x.softmaxCrossEntropy(labels: labels, labelSmoothing: 0.1).expandingAxis(1)
    },
    Step("crossEntropyOfSequences") { x, y, _ in
      let labels = try Node.constant(Tensor([1, 5, 0, 2] as [Int32], shape: [2, 2]))
      return try y.tanh()
        * x.reshaped(to: [2, 2, 6]).softmaxCrossEntropy(labels: labels).reshaped(to: [4, 1])
    },
  ]

  private static let pictures: [Step] = [
    Step("convolution") { x, _, inputs in
      let result = try x.tanh().reshaped(to: [2, 4, 3, 1])
        .convolution2D(with: inputs[4], dilations: Size2D(height: 1, width: 2), padding: .same)
      return try result.max(overAxes: [3]).reshaped(to: [4, 6])
    },
    Step("stridedConvolution") { x, _, inputs in
      let result = try x.tanh().reshaped(to: [1, 6, 4, 1])
        .convolution2D(
          with: inputs[4], strides: Size2D(height: 1, width: 2),
          padding: .explicit(Padding2D(top: 2, bottom: 0, left: 0, right: 1)))
      return try result.reshaped(to: [4, 6])
    },
    Step("depthwise") { x, _, inputs in
      let filter = try inputs[4].reshaped(to: [3, 1, 2, 2])
      let result = try x.tanh().reshaped(to: [1, 4, 3, 2])
        .depthwiseConvolution2D(with: filter, padding: .same)
      return try result.sliced(alongAxis: 3, from: 1, by: 2).sum(overAxes: [0])
        .reshaped(to: [4, 6])
    },
    Step("transposedConvolution") { x, _, inputs in
      let filter = try inputs[4].reshaped(to: [3, 2, 2, 1])
      let result = try x.tanh().reshaped(to: [1, 6, 4, 1])
        .transposedConvolution2D(with: filter, strides: Size2D(2), padding: .same)
      return try result.sliced(alongAxis: 1, by: 2).sliced(alongAxis: 2, by: 2).mean(overAxes: [3])
        .reshaped(to: [4, 6])
    },
    Step("maximumPooling") { x, _, _ in
      // Rows that gathering repeated would tie, where the maximum has no derivative.
      let ramp = Tensor((0..<24).map { Double($0 * 7 % 24) / 100 }, shape: [4, 6])
      return try (x + Node.constant(ramp).cast(to: x.type.dataType)).reshaped(to: [1, 4, 6, 1])
        .maximumPooling2D(window: Size2D(3), strides: Size2D(1), padding: .same)
        .reshaped(to: [4, 6])
    },
    Step("averagePooling") { x, _, _ in
      try x.reshaped(to: [1, 6, 4, 1])
        .averagePooling2D(window: Size2D(2), strides: Size2D(1), padding: .same)
        .reshaped(to: [4, 6])
    },
  ]
}
