import ApusEngine
import ApusGraph
import ApusKernels
import ApusTensors
import ApusTestSupport
import Testing

/// Inference graphs whose normalizations, sums and activations go into their convolutions.
struct ConvolutionFoldingTests {
  private let numbers = SmallNumbers()

  /// Inference-mode batch normalization with statistics that come from variables.
  private func normalized(_ x: Node, _ store: VariableStore) throws -> Node {
    let channels = x.shape[3]
    let factors: [Node] = try (0..<4).map { index in
      let variable = Variable("factor \(index)", TensorType([channels]), isTrainable: true)
      store[variable] = Tensor((0..<channels).map { Float(($0 * 7 + index * 3) % 11) / 11 + 0.3 })
      return try Node.value(of: variable)
    }
    return try x.batchNormalized(
      scale: factors[0], offset: factors[1], mean: factors[2], variance: factors[3], epsilon: 1e-3)
  }

  private func weights(_ shape: Shape, _ store: VariableStore) throws -> Node {
    let variable = Variable("weights", TensorType(shape), isTrainable: true)
    store[variable] = numbers.tensor(shape)
    return try Node.value(of: variable)
  }

  /// A separable convolution behind an activation, as Xception has it.
  private func separable(_ x: Node, _ filters: Int, _ store: VariableStore) throws -> Node {
    let depthwise = try x.relu().depthwiseConvolution2D(
      with: weights([3, 3, x.shape[3], 1], store), padding: .same)
    let pointwise = try depthwise.convolution2D(with: weights([1, 1, x.shape[3], filters], store))
    return try normalized(pointwise, store)
  }

  /// What runs, without the steps that only variables concern, and the results beside the reference.
  private func check(
    _ outputs: [Node], _ x: Node, _ store: VariableStore, precision: Precision = .float32,
    tolerance: Double = 2e-6
  ) throws -> [Profile.OperationProfile] {
    let computation = Computation(inputs: [x], outputs: outputs)
    let options = EngineOptions(threads: 2, precision: precision)
    let fast = try Program(computation, store: store, options: options)
    let reference = try Program(computation, store: store, options: .reference)
    let input = numbers.tensor(x.shape)
    try fast.run([input])
    try reference.run([input])
    for (actual, expected) in zip(fast.outputs(), reference.outputs()) {
      let error = relativeError(of: actual.doubles, to: expected.doubles)
      #expect(error < tolerance, "relative error \(error)")
    }
    return fast.profile.operations.filter { !$0.isSteady }
  }

  @Test func aSeparableBlockWithItsResidualSumIsOnlyConvolutions() throws {
    let store = VariableStore()
    let x = try Node.placeholder("x", TensorType([2, 7, 6, 24]))
    let start = try normalized(x.convolution2D(with: weights([1, 1, 24, 24], store)), store)
    let once = try separable(start, 24, store)
    let output = try (separable(once, 24, store) + start).relu()
    let names = try check([output], x, store).map(\.name)
    #expect(names == Array(repeating: "biasedConvolution2D", count: 5))
  }

  /// With AVX2 the depthwise part of each is a part of the product that reads it.
  @Test func largeSeparableConvolutionsAreOnePass() throws {
    let store = VariableStore()
    let x = try Node.placeholder("x", TensorType([8, 16, 12, 24]))
    let once = try separable(x, 32, store)
    let names = try check([separable(once, 16, store).relu()], x, store).map(\.name)
    let isFused = Machine.instructionSet == "avx2"
    #expect(
      names
        == (isFused
          ? Array(repeating: "biasedSeparableConvolution2D", count: 2)
          : Array(repeating: "biasedConvolution2D", count: 4)))
  }

  @Test func aDepthwiseConvolutionThatOthersReadStays() throws {
    let store = VariableStore()
    let x = try Node.placeholder("x", TensorType([8, 16, 12, 24]))
    let depthwise = try normalized(
      x.depthwiseConvolution2D(with: weights([3, 3, 24, 1], store), padding: .same), store)
    let product = try normalized(
      depthwise.convolution2D(with: weights([1, 1, 24, 16], store)), store)
    let names = try check([depthwise, product], x, store).map(\.name)
    #expect(names == ["biasedConvolution2D", "biasedConvolution2D"])
    let others = try check([product, depthwise.sum(overAxes: [3])], x, store).map(\.name)
    #expect(others.filter { $0 == "biasedConvolution2D" }.count == 2)
  }

  @Test func aStridedShortcutIsAddedToTheMaximum() throws {
    let store = VariableStore()
    let x = try Node.placeholder("x", TensorType([2, 9, 8, 16]))
    let branch = try separable(x, 24, store)
      .maximumPooling2D(window: Size2D(3), strides: Size2D(2), padding: .same)
    let kept = try normalized(
      x.convolution2D(with: weights([1, 1, 16, 24], store), strides: Size2D(2), padding: .same),
      store)
    let names = try check([branch + kept], x, store).map(\.name)
    #expect(names.sorted() == Array(repeating: "biasedConvolution2D", count: 3) + ["pooling2D"])
  }

  @Test func whatIsReadElsewhereStays() throws {
    let store = VariableStore()
    let x = try Node.placeholder("x", TensorType([2, 5, 5, 8]))
    let product = try x.convolution2D(with: weights([3, 3, 8, 16], store))
    let shifted = try normalized(product, store)
    let clipped = try x.relu()
    let depthwise = try clipped.depthwiseConvolution2D(with: weights([3, 3, 8, 1], store))
    let names = try check([product, shifted.relu(), shifted, depthwise, clipped], x, store)
      .map(\.name)
    #expect(names.contains("convolution2D") && !names.contains("biasedConvolution2D"), "\(names)")
  }

  @Test func aConvolutionWithWindowsInThePaddingStays() throws {
    let store = VariableStore()
    let x = try Node.placeholder("x", TensorType([2, 5, 5, 8]))
    let padding = PaddingRule.explicit(Padding2D(top: 3, bottom: 0, left: 0, right: 1))
    let product = try x.convolution2D(with: weights([3, 3, 8, 16], store), padding: padding)
    let names = try check([normalized(product, store).relu()], x, store).map(\.name)
    #expect(names == ["convolution2D", "fusedElementwise"])
  }

  @Test func valuesBetweenConvolutionsAreHeldAsBFloat16() throws {
    let store = VariableStore()
    let x = try Node.placeholder("x", TensorType([2, 9, 9, 32]))
    let start = try normalized(x.convolution2D(with: weights([1, 1, 32, 32], store)), store)
    let sum = try separable(start, 32, store) + start
    let pooled = try separable(sum, 16, store)
      .maximumPooling2D(window: Size2D(3), strides: Size2D(2), padding: .same)
    let output = try normalized(
      pooled.convolution2D(with: weights([1, 1, 16, 16], store)), store
    ).relu().mean(overAxes: [1, 2])
    let operations = try check([output], x, store, precision: .bfloat16, tolerance: 0.03)
    let (inner, last) = (operations.dropFirst().dropLast(2), operations.suffix(2))
    #expect(inner.count == 6)
    #expect(inner.allSatisfy { $0.outputs[0].dataType == .bfloat16 })
    if Machine.instructionSets.contains("avx512") {
      // Without AVX-512 oneDNN has no loops for bfloat16 operands.
      #expect(inner.allSatisfy { !$0.implementation.contains("widened") })
    }
    #expect(last.allSatisfy { $0.outputs[0].dataType == .float32 })
  }

  @Test func theDecompositionIsTheDefinition() throws {
    let x = try Node.placeholder("x", TensorType([2, 5, 6, 4], .float64))
    let w = try Node.placeholder("w", TensorType([3, 3, 4, 5], .float64))
    let bias = try Node.placeholder("bias", TensorType([5], .float64))
    let addend = try Node.placeholder("addend", TensorType([2, 5, 6, 5], .float64))
    var operation = BiasedConvolution2D(
      geometry: ConvolutionGeometry(padding: Padding2D(vertical: 1, horizontal: 1)))
    operation.inputClip = ClipBounds(lower: -0.2, upper: 0.3)
    operation.hasAddend = true
    operation.clip = ClipBounds(lower: 0, upper: 1)
    let inputs = [x, w, bias, addend]
    let outputs = try operation.outputs(of: inputs) + (operation.decomposition(of: inputs) ?? [])
    let program = try Program(
      Computation(inputs: inputs, outputs: outputs), options: .reference)
    try program.run(inputs.map { numbers.tensor($0.shape).converted(to: .float64) })
    try #require(outputs.count == 2)
    let error = relativeError(of: program.output(0).doubles, to: program.output(1).doubles)
    #expect(error < 1e-14)
    #expect(Set(program.output(0).doubles).count > 50)
  }
}

/// Tensors of numbers between −½ and ½ that look random.
struct SmallNumbers {
  func tensor(_ shape: Shape, seed: Int = 0) -> Tensor {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15 &+ UInt64(shape.count) &+ UInt64(seed) << 32
    let values = (0..<shape.count).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Float(state >> 40) * 0x1p-24 - 0.5
    }
    return Tensor(values, shape: shape)
  }
}
