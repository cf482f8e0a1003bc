import ApusGraph
import ApusKernels
import ApusTensors
import Glibc
import Testing

/// Fast kernels against the reference kernels, over shapes where their paths differ.
struct FastKernelTests {
  struct Example: CustomTestStringConvertible {
    let operation: any Operation
    let inputs: [Tensor]
    var tolerance = 5e-6

    var testDescription: String { "\(operation) of \(inputs.map(\.type))" }
  }

  private func check(_ example: Example) throws {
    let expected = try KernelRun.reference(example.operation, example.inputs).outputs
    for threads in [1, 2, 3] {
      for overwrites in [false, true] {
        let run = try KernelRun.fast(
          example.operation, example.inputs, threads: threads, overwrites: overwrites)
        for (actual, expected) in zip(run.outputs, expected) {
          let error = difference(actual.doubles, expected.doubles)
          #expect(error <= example.tolerance, "\(run.description), \(threads) threads: \(error)")
        }
      }
    }
  }

  @Test(arguments: reductions) func reduction(_ example: Example) throws { try check(example) }
  @Test(arguments: shapings) func shaping(_ example: Example) throws { try check(example) }
  @Test(arguments: softmaxes) func softmax(_ example: Example) throws { try check(example) }
  @Test(arguments: normalizations) func normalization(_ example: Example) throws {
    try check(example)
  }
  @Test(arguments: products) func product(_ example: Example) throws { try check(example) }
  @Test(arguments: convolutions) func convolution(_ example: Example) throws {
    try check(example)
  }
  @Test(arguments: poolings) func pooling(_ example: Example) throws { try check(example) }
  @Test(arguments: randoms) func random(_ example: Example) throws { try check(example) }
  @Test(arguments: indexings) func indexing(_ example: Example) throws { try check(example) }
  @Test(arguments: casts) func cast(_ example: Example) throws { try check(example) }

  @Test(arguments: convolutions) func everyKernelOfAConvolution(_ example: Example) throws {
    let expected = try KernelRun.reference(example.operation, example.inputs).outputs[0]
    let count = (kernelTable[example.operation.name] ?? []).count
    var descriptions: Set<String> = []
    for index in 0..<count {
      guard let run = try? KernelRun.kernel(index, example.operation, example.inputs) else {
        continue
      }
      descriptions.insert(String(run.description.prefix(6)))
      let error = difference(run.outputs[0].doubles, expected.doubles)
      #expect(error <= example.tolerance, "\(run.description): \(error)")
    }
    let isDepthwise = example.operation.isDepthwise(example.inputs)
    let made: Set = isDepthwise ? ["oneDNN", "vector", "refere"] : ["oneDNN", "refere"]
    #expect(descriptions == made)
  }

  static let x = sequence([3, 4, 5, 6]) { sin($0 * 1.7) + 0.1 }

  static let reductions: [Example] =
    [Reduction.Kind.sum, .mean, .maximum, .minimum, .product].flatMap { kind in
      [[], [0], [3], [1, 2], [0, 1, 2], [0, 1, 2, 3], [0, 2], [1, 3], [0, 3]].map { axes in
        Example(operation: Reduction(kind: kind, axes: axes), inputs: [x])
      }
    }
    + [
      Example(operation: Reduction(kind: .sum, axes: [0]), inputs: [sequence([0, 3]) { $0 }]),
      Example(
        operation: Reduction(kind: .sum, axes: [0, 2]), inputs: [sequence([0, 3, 2]) { $0 }]),
      Example(
        operation: Reduction(kind: .sum, axes: [0, 2]), inputs: [sequence([2, 1, 3]) { $0 }]),
      Example(
        operation: Reduction(kind: .mean, axes: [0, 1]),
        inputs: [sequence([1000, 7, 33]) { 1000 + sin($0) }], tolerance: 1e-6),
    ] + (0..<4).map { Example(operation: ArgMax(axis: $0), inputs: [x], tolerance: 0) }

  static let shapings: [Example] = {
    let types: [Tensor] = [
      x, Tensor((0..<360).map { $0 % 3 == 0 }, shape: x.shape),
      Tensor((0..<360).map { Int64($0) << 40 }, shape: x.shape),
      Tensor((0..<360).map { BFloat16(Float($0)) }, shape: x.shape),
    ]
    let operations: [any Operation] = [
      Transpose(permutation: [3, 1, 0, 2]), Transpose(permutation: [0, 1, 3, 2]),
      Slice(starts: [1, 0, 2, 1], ends: [3, 4, 5, 6], steps: [1, 3, 2, 2]),
      Slice(starts: [1, 0, 5, 1], ends: [3, 4, 5, 6], steps: [1, 3, 2, 2]), Reverse(axes: [1, 3]),
      Pad(before: [0, 1, 2, 0], after: [1, 0, 3, 2], value: 1),
      Broadcast(shape: [2, 3, 4, 5, 6]), Split(axis: 2, extents: [2, 0, 3]),
      Reshape(shape: [12, 30]),
    ]
    let moves = types.flatMap { tensor in
      operations.map { Example(operation: $0, inputs: [tensor], tolerance: 0) }
    }
    return moves + [
      Example(
        operation: Broadcast(shape: [4, 3, 5, 2]), inputs: [sequence([3, 1, 2]) { $0 }],
        tolerance: 0),
      Example(
        operation: Concatenate(axis: 1),
        inputs: [x, sequence([3, 0, 5, 6]) { $0 }, sequence([3, 2, 5, 6]) { -$0 }], tolerance: 0),
    ]
  }()

  static let softmaxes: [Example] = [[1, 1], [5, 10], [7, 1000], [64, 3]].flatMap {
    (shape: Shape) -> [Example] in
    let logits = sequence(shape) { 8 * sin($0 * 1.3) }
    let weights = sequence(shape) { abs(cos($0)) }
    let slopes = sequence([shape[0]]) { cos($0 * 3) }
    let labels: [Tensor] = [
      Tensor((0..<shape[0]).map { Int32($0 * 7 % shape[1]) }),
      Tensor((0..<shape[0]).map { Int64($0 * 5 % shape[1]) }),
      Tensor((0..<shape[0]).map { UInt8($0 % min(shape[1], 256)) }), weights,
    ]
    let alone = [
      Example(operation: Softmax(), inputs: [logits]),
      Example(operation: LogSoftmax(), inputs: [logits]),
    ]
    return alone
      + labels.flatMap { labels in
        [
          Example(operation: SoftmaxCrossEntropy(labelSmoothing: 0.1), inputs: [logits, labels]),
          Example(
            operation: SoftmaxCrossEntropyGradient(labelSmoothing: 0.1),
            inputs: [logits, labels, slopes]),
        ]
      }
  }

  static let normalizations: [Example] = [[6, 4], [2, 5, 7, 33], [300, 64]].flatMap {
    (shape: Shape) -> [Example] in
    let x = sequence(shape) { 3 + sin($0 * 1.7) }
    let channels: Shape = [shape[shape.rank - 1]]
    let (gamma, beta) = (sequence(channels) { 1 + 0.5 * sin($0) }, sequence(channels) { cos($0) })
    let (mean, variance) = (
      sequence(channels) { 3 + 0.1 * sin($0) }, sequence(channels) { _ in 0.5 }
    )
    let slope = sequence(shape) { cos($0 * 0.7) }
    let clip = (lower: 0.0, upper: 6.0)
    return [
      Example(operation: BatchNormalization(epsilon: 1e-3), inputs: [x, gamma, beta]),
      Example(
        operation: BatchNormalizationClip(epsilon: 1e-3, lower: clip.lower, upper: clip.upper),
        inputs: [x, gamma, beta]),
      Example(
        operation: BatchNormalizationClip(
          epsilon: 1e-3, lower: 0, upper: .infinity, resultType: .bfloat16),
        inputs: [x, gamma, beta], tolerance: 4e-3),
      Example(operation: LayerNormalization(epsilon: 1e-3), inputs: [x, gamma, beta]),
      Example(
        operation: BatchNormalizationGradient(epsilon: 1e-3),
        inputs: [x, gamma, mean, variance, slope]),
      Example(
        operation: BatchNormalizationClipGradient(
          epsilon: 1e-3, lower: clip.lower, upper: clip.upper),
        inputs: [x, gamma, beta, mean, variance, slope]),
    ]
  }

  static let products: [Example] = {
    var examples: [Example] = []
    for (first, second) in [(false, false), (true, false), (false, true), (true, true)] {
      for (batch, m, k, n) in [([], 5, 7, 3), ([2, 3], 4, 5, 6), ([], 1, 100, 1)] {
        let a = sequence(Shape(batch + (first ? [k, m] : [m, k]))) { sin($0 * 1.7) }
        let b = sequence(Shape(batch + (second ? [n, k] : [k, n]))) { cos($0 * 0.9) }
        let product = MatrixProduct(transposesFirst: first, transposesSecond: second)
        examples.append(Example(operation: product, inputs: [a, b]))
        let short = [a, b].map { $0.rounded() }
        let wide = MatrixProduct(
          transposesFirst: first, transposesSecond: second, resultType: .float32)
        examples.append(Example(operation: wide, inputs: short))
        examples.append(Example(operation: product, inputs: short, tolerance: 4e-3))
      }
    }
    return examples
  }()

  /// Channels, filters for each, filter side, stride, dilation, groups; padding is uneven.
  static let convolutions: [Example] = [
    (3, 5, 3, 2, 1, 1), (1, 6, 4, 2, 1, 1), (8, 16, 1, 1, 1, 1), (6, 4, 3, 1, 2, 2),
    (8, 24, 1, 2, 1, 1), (5, 7, 1, 3, 1, 1),
    (16, 16, 3, 1, 1, 16),
    (40, 40, 3, 2, 1, 40), (5, 15, 3, 1, 1, 5), (7, 7, 5, 2, 2, 7), (33, 66, 3, 2, 1, 33),
  ].flatMap { (channels, filters, side, stride, dilation, groups) -> [Example] in
    let x = sequence([2, 11, 9, channels]) { sin($0 * 1.7) }
    let w = sequence([side, side, channels / groups, filters]) { cos($0 * 0.9) }
    let geometry = ConvolutionGeometry(
      strides: Size2D(stride), dilations: Size2D(dilation),
      padding: side == 1 ? .none : Padding2D(top: 0, bottom: 1, left: 2, right: 1), groups: groups)
    guard let type = try? Convolution2D(geometry: geometry).types(of: [x.type, w.type])[0] else {
      return []
    }
    let g = sequence(type.shape) { sin($0 * 0.6) }
    return [
      Example(operation: Convolution2D(geometry: geometry), inputs: [x, w]),
      Example(
        operation: Convolution2DInputGradient(geometry: geometry, inputShape: x.shape),
        inputs: [g, w]),
      Example(
        operation: Convolution2DFilterGradient(geometry: geometry, filterShape: w.shape),
        inputs: [x, g]),
    ]
  }

  /// Channels that are few vectors, and more than are pooled together.
  static let poolings: [Example] = [
    Pooling2D.Kind.maximum, .average(countsPadding: true), .average(countsPadding: false),
  ].flatMap { kind in
    [(1, 1, 19), (2, 2, 19), (3, 2, 147), (3, 1, 19), (4, 3, 64)].flatMap {
      (window, stride, channels) -> [Example] in
      let x = sequence([2, 9, 7, channels]) { sin($0 * 1.7) }
      let padding = Padding2D(
        top: 0, bottom: window / 2, left: (window - 1) / 2, right: window / 3)
      let pooling = Pooling2D(
        kind: kind, window: Size2D(window), strides: Size2D(stride), padding: padding)
      guard let type = try? pooling.types(of: [x.type])[0] else { return [] }
      let g = sequence(type.shape) { sin($0 * 0.6) }
      return [
        Example(operation: pooling, inputs: [x]),
        Example(
          operation: Pooling2DGradient(pooling: pooling, inputShape: x.shape),
          inputs: kind == .maximum ? [x, g] : [g]),
      ]
    }
  }

  static let randoms: [Example] = [1, 5, 100, 70_001].flatMap { (count: Int) -> [Example] in
    [Tensor([Int64(1), 2]), Tensor([1 << 40 - 3, (7 << 32) + Int64(9)])].flatMap { key in
      [
        Example(
          operation: RandomUniform(shape: [count], stream: 3, lower: -1, upper: 2), inputs: [key],
          tolerance: 3e-7),
        Example(
          operation: RandomNormal(shape: [count], stream: 4, mean: 1, standardDeviation: 2),
          inputs: [key]),
        Example(
          operation: Dropout(rate: 0.3, stream: 5), inputs: [sequence([count]) { $0 + 1 }, key],
          tolerance: 3e-7),
      ]
    }
  }

  static let indexings: [Example] = [
    Tensor((0..<70).map { Int32($0 * 13 % 9) }, shape: [7, 10]),
    Tensor((0..<70).map { Int64($0 * 13 % 9) }, shape: [7, 10]),
    Tensor((0..<70).map { UInt8($0 * 13 % 9) }, shape: [7, 10]),
  ].flatMap { indices in
    [
      Example(operation: Gather(), inputs: [sequence([9, 3, 2]) { $0 }, indices], tolerance: 0),
      Example(
        operation: Gather(), inputs: [Tensor((0..<9).map { UInt8($0) }), indices], tolerance: 0),
      Example(
        operation: ScatterAdd(count: 9), inputs: [indices, sequence([7, 10, 5]) { sin($0) }]),
      Example(operation: OneHot(depth: 8), inputs: [indices], tolerance: 0),
    ]
  }

  static let casts: [Example] = {
    // 2²⁴ + 2¹⁶ + 1 is above the middle of two numbers of bfloat16, which float32 does not see.
    let numbers: [Double] = [
      -300.7, -1, -0.4, 0, 0.6, 1, 1.00390625, 200.5, 3e9, -1e30, .nan, 16_842_753, -16_842_753,
      16_842_751.5, 3.5e38, 1e-46, -.infinity,
    ]
    let sources: [Tensor] = [
      Tensor(numbers), Tensor(numbers.map { Float($0) }),
      Tensor(numbers.map { BFloat16(Float($0)) }),
      Tensor([Int32.min, -1, 0, 1, 7, 16_842_753, .max]),
      Tensor([Int64(-1) << 50, -1, 0, 1, -16_842_753, 1 << 53]), Tensor([UInt8(0), 1, 200]),
      Tensor([true, false]),
    ]
    let integers: [DataType] = [.uint8, .int32, .int64]
    return sources.flatMap { source in
      DataType.allCases.filter { target in
        // Integers to narrower ones are the reference kernel's.
        guard let from = integers.firstIndex(of: source.dataType) else { return true }
        return integers.firstIndex(of: target).map { $0 >= from } ?? true
      }.map { Example(operation: Cast(to: $0), inputs: [source], tolerance: 0) }
    }
  }()
}

extension Operation {
  fileprivate func isDepthwise(_ inputs: [Tensor]) -> Bool {
    let (groups, channels) =
      switch self {
      case let forward as Convolution2D: (forward.geometry.groups, inputs[0].shape[3])
      case let gradient as Convolution2DInputGradient:
        (gradient.geometry.groups, gradient.inputShape[3])
      case let gradient as Convolution2DFilterGradient:
        (gradient.geometry.groups, inputs[0].shape[3])
      default: (0, -1)
      }
    return groups == channels && groups > 1
  }
}

extension Tensor {
  /// These numbers in bfloat16.
  fileprivate func rounded() -> Tensor {
    Tensor(scalars(as: Float.self).map { BFloat16($0) }, shape: shape)
  }
}
