import ApusEngine
import ApusFormats
import ApusGraph
import ApusLayers
import ApusModels
import ApusTensors
import ApusTestSupport
import Testing

@Suite struct XceptionTests {
  /// What `keras.applications.Xception(…).count_params()` gives; trainable ones from its summary.
  @Test(arguments: [
    (false, 1000, 20_861_480, 20_806_952), (true, 1000, 22_910_480, 22_855_952),
    (true, 10, 20_881_970, 20_827_442),
  ])
  func parametersAsKeras(_ includesTop: Bool, _ classes: Int, _ count: Int, _ trainable: Int) throws
  {
    let model = Xception(classes: classes, includesTop: includesTop)
    let summary = try summary(of: model, input: TensorType([1, 299, 299, 3]))
    #expect(summary.parameterCount == count)
    #expect(summary.trainableCount == trainable)
  }

  @Test func shapesOfBlocks() throws {
    let summary = try summary(of: Xception(), input: TensorType([2, 299, 299, 3]))
    let shapes = Dictionary(uniqueKeysWithValues: summary.rows.map { ($0.name, $0.outputShape) })
    #expect(shapes["block1_conv1_act"] == [2, 149, 149, 32])
    #expect(shapes["block1_conv2"] == [2, 147, 147, 64])
    #expect(shapes["block2_pool"] == [2, 74, 74, 128])
    #expect(shapes["block3_pool"] == [2, 37, 37, 256])
    #expect(shapes["batch_normalization_2"] == [2, 19, 19, 728])
    #expect(shapes["block12_sepconv3_bn"] == [2, 19, 19, 728])
    #expect(shapes["conv2d_3"] == [2, 10, 10, 1024])
    #expect(shapes["block14_sepconv2_act"] == [2, 10, 10, 2048])
    #expect(shapes["predictions"] == [2, 1000])
    #expect(shapes["block2_sepconv1_act"] == nil)
  }

  @Test(arguments: [1, 13, 14, 15])
  func blocksBeforeTheFirstTrainableOneAreFrozen(_ first: Int) throws {
    let trace = Trace(for: .training, registry: ParameterRegistry())
    let input = try Node.placeholder("input", TensorType([1, 71, 71, 3]))
    _ = try Xception(classes: 10, firstTrainableBlock: first)(input, in: trace.root)
    let names = trace.trainedParameters.map(\.variable.name)
    #expect(names.count == [1: 156, 13: 21, 14: 10, 15: 2][first])
    #expect(names.contains("conv2d_3/kernel") == (first <= 13))
    #expect(names.contains("block12_sepconv3/pointwise_kernel") == (first == 1))
    #expect(names.suffix(2) == ["predictions/kernel", "predictions/bias"])
    let moved = trace.updates.map(\.variable.name)
    #expect(moved.contains("block14_sepconv1_bn/moving_mean") == (first <= 14))
    #expect(moved.contains("block1_conv1_bn/moving_mean") == (first == 1))
  }

  @Test func settingsWithoutMeaningThrow() {
    func shape(_ model: Xception, _ input: Shape) throws -> Shape {
      try trace(model, input: TensorType(input), for: .inference, registry: ParameterRegistry())
        .output.shape
    }
    #expect(throws: GraphError.self) {
      try shape(Xception(firstTrainableBlock: 0), [1, 71, 71, 3])
    }
    #expect(throws: GraphError.self) {
      try shape(Xception(firstTrainableBlock: 16), [1, 71, 71, 3])
    }
    #expect(throws: GraphError.self) { try shape(Xception(), [71, 71, 3]) }
    #expect(throws: GraphError.self) { try shape(Xception(classes: 0), [1, 71, 71, 3]) }
    #expect(throws: GraphError.self) { try shape(Xception(), [1, 5, 5, 3]) }
  }

  /// `Tests/Golden/xception.py` computes the same network from the same weights in float64.
  @Test(arguments: Machine.supportsBFloat16 ? [Precision.float32, .bfloat16] : [.float32])
  func featuresAndLogitsAsPyTorch(_ precision: Precision) throws {
    let root = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let golden = try Safetensors.read("/\(root)/Golden/xception.safetensors")
    let expected = Dictionary(uniqueKeysWithValues: golden.tensors.map { ($0.name, $0.tensor) })
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let trace = Trace(for: .inference, registry: registry)
    let input = try Node.placeholder("input", TensorType([2, 75, 71, 3]))
    let picture = try Xception(classes: 10, includesTop: false)(input, in: trace.root)
    let features = try GlobalAveragePooling2D()(picture, in: trace.root)
    let logits = try trace.root.apply(Dense(10), named: "predictions", to: features)
    for variable in registry.variables { store[variable] = goldenWeights(variable) }
    let program = try Program(
      Computation(inputs: [input], outputs: [features, logits]), store: store,
      options: EngineOptions(threads: 2, precision: precision))
    try program.run([Tensor(goldenNumbers("pictures", 2 * 75 * 71 * 3), shape: [2, 75, 71, 3])])
    for (index, name) in ["features", "logits"].enumerated() {
      let exact = try #require(expected[name]?.doubles)
      let actual = program.output(index).doubles
      let largest = exact.reduce(0) { max($0, $1.magnitude) }
      let error = largestDifference(actual, exact) / largest
      #expect(error < (precision == .float32 ? 1e-5 : 0.03), "\(name): relative error \(error)")
    }
  }

  @Test func weightsOfKerasLoad() throws {
    let name = "weights/keras_xception_to_block13/weights.safetensors"
    let file = try Safetensors.read(sharedData(name))
    // Keras numbers the shortcuts of a session's second network from 1.
    let stored = Dictionary(
      uniqueKeysWithValues: file.tensors.map { ($0.name, $0.tensor.converted(to: .float32)) })
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let input = TensorType([1, 96, 96, 3])
    let traced = try trace(
      Xception(includesTop: false), input: input, for: .inference, registry: registry)
    for (variable, value) in registry.initialValues(seed: 0) { store[variable] = value }
    var loaded = 0
    for variable in registry.variables where !variable.name.hasPrefix("block14") {
      let tensor = try #require(stored[variable.name.asStored], "\(variable.name)")
      #expect(tensor.shape == variable.type.shape, "\(variable.name)")
      store[variable] = tensor
      loaded += 1
    }
    #expect(loaded == stored.count)
    let program = try Program(traced.computation, store: store)
    try program.run([Tensor(zeros: input)])
    let features = program.output(0).doubles
    #expect(features.count == 3 * 3 * 2048)
    // ReLU's values behind trained blocks (and a last one that is not) are neither all dead nor all
    // alive.
    let alive = Double(features.count { $0 > 0 }) / Double(features.count)
    #expect(features.allSatisfy { $0.isFinite })
    #expect((0.05...0.95).contains(alive), "\(alive) are positive")
  }
}

extension String {
  /// The name of a weight in the shared file, where shortcuts are numbered from 1.
  fileprivate var asStored: String {
    let parts = split(separator: "/", maxSplits: 1).map(String.init)
    for kind in ["conv2d", "batch_normalization"] where parts[0].hasPrefix(kind) {
      let number = Int(parts[0].dropFirst(kind.count + 1)) ?? 0
      return "\(kind)_\(number + 1)/\(parts[1])"
    }
    return self
  }
}

/// The numbers in −1 … 1 that `Tests/Golden/xception.py` makes of a name.
private func goldenNumbers(_ name: String, _ count: Int) -> [Float] {
  var state = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { hash, byte in
    (hash ^ UInt64(byte)) &* 0x100_0000_01B3
  }
  return (0..<count).map { _ in
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    word ^= word >> 31
    return (Float(word >> 40) - 0x1p23) * 0x1p-23
  }
}

/// The weights of the golden file's network.
private func goldenWeights(_ variable: Variable) -> Tensor {
  let shape = variable.type.shape
  let unit = goldenNumbers(variable.name, shape.count)
  let kind = variable.name.split(separator: "/").last ?? ""
  let isDepthwise = kind == "depthwise_kernel"
  let inputs = isDepthwise ? 9 : shape.extents.dropLast().reduce(1, *)
  let factor = Float(((isDepthwise ? 3 : 6) / Double(inputs)).squareRoot())
  let values: [Float] =
    switch kind {
    case "gamma", "moving_variance": unit.map { 1 + $0 / 2 }
    case "beta", "moving_mean": unit.map { $0 / 4 }
    case "bias": unit
    default: unit.map { $0 * factor }
    }
  return Tensor(values, shape: shape)
}
