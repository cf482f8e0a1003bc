import ApusEngine
import ApusFormats
import ApusGraph
import ApusLayers
import ApusModels
import ApusTensors
import Glibc
import Testing

@Suite struct MobileNetTests {
  /// What `keras.applications.MobileNet(…).count_params()` gives; trainable ones from its summary.
  @Test(arguments: [
    (1.0, false, 1000, 3_228_864, 3_206_976), (1.0, true, 1000, 4_253_864, 4_231_976),
    (0.25, false, 1000, 218_544, 213_072), (0.5, true, 1000, 1_342_536, 1_331_592),
    (0.75, true, 1000, 2_601_976, 2_585_560),
  ])
  func parametersAsKeras(
    _ alpha: Double, _ includesTop: Bool, _ classes: Int, _ count: Int, _ trainable: Int
  ) throws {
    let model = MobileNet(alpha: alpha, classes: classes, includesTop: includesTop)
    let summary = try summary(of: model, input: TensorType([1, 224, 224, 3]))
    #expect(summary.parameterCount == count)
    #expect(summary.trainableCount == trainable)
  }

  /// Height of each block's output: after `conv1`, then after the thirteen pairs.
  @Test(
    arguments: [
      (224, [112, 112, 56, 56, 28, 28, 14, 14, 14, 14, 14, 14, 7, 7]),
      (56, [28, 28, 14, 14, 7, 7, 3, 3, 3, 3, 3, 3, 1, 1]),
      (32, [16, 16, 8, 8, 4, 4, 2, 2, 2, 2, 2, 2, 1, 1]),
      (28, [14, 14, 7, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1]),
    ] as [(Int, [Int])])
  func shapesOfEveryLayer(_ side: Int, _ heights: [Int]) throws {
    let model = MobileNet(classes: 10)
    let summary = try summary(of: model, input: TensorType([2, side, side, 3]))
    let shapes = Dictionary(uniqueKeysWithValues: summary.rows.map { ($0.name, $0.outputShape) })
    let filters = [64, 128, 128, 256, 256] + [Int](repeating: 512, count: 6) + [1024, 1024]
    let strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
    #expect(shapes["conv1_relu"] == [2, heights[0], heights[0], 32])
    var channels = 32
    for block in 1...13 {
      let (before, after) = (heights[block - 1], heights[block])
      let padded: Shape? =
        strides[block - 1] == 1
        ? nil : [2, before + (before == 1 ? 2 : 1), before + (before == 1 ? 2 : 1), channels]
      #expect(shapes["conv_pad_\(block)"] == padded)
      #expect(shapes["conv_dw_\(block)"] == [2, after, after, channels])
      channels = filters[block - 1]
      #expect(shapes["conv_pw_\(block)_relu"] == [2, after, after, channels])
    }
    #expect(shapes["global_average_pooling2d"] == [2, 1, 1, 1024])
    #expect(shapes["conv_preds"] == [2, 1, 1, 10])
    #expect(shapes["reshape_2"] == [2, 10])
    #expect(summary.rows.count == 3 + 13 * 6 + 4 + 4)
  }

  @Test func settingsWithoutMeaningThrow() {
    func shape(_ model: MobileNet, _ input: Shape) throws -> Shape {
      try trace(model, input: TensorType(input), for: .inference, registry: ParameterRegistry())
        .output.shape
    }
    #expect(throws: GraphError.self) { try shape(MobileNet(alpha: 0.01), [1, 56, 56, 3]) }
    #expect(throws: GraphError.self) { try shape(MobileNet(alpha: .nan), [1, 56, 56, 3]) }
    #expect(throws: GraphError.self) { try shape(MobileNet(), [56, 56, 3]) }
    #expect(throws: GraphError.self) { try shape(MobileNet(classes: 0), [1, 56, 56, 3]) }
  }

  @Test func weightsOfKerasLoad() throws {
    let path = try sharedData("weights/keras_mobilenet_0.25_224/weights.safetensors")
    let file = try Safetensors.read(path)
    let model = MobileNet(alpha: 0.25, includesTop: false)
    let registry = ParameterRegistry()
    let input = TensorType([1, 64, 64, 3])
    let traced = try trace(model, input: input, for: .inference, registry: registry)
    #expect(registry.variables.map(\.name) == file.tensors.map(\.name))
    let tensors = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.tensor) })
    let store = VariableStore()
    for (variable, value) in try matchedWeights(tensors, to: registry.variables) {
      store[variable] = value
    }
    let program = try Program(traced.computation, store: store)
    try program.run([Tensor(zeros: input)])
    let features = program.output(0).doubles
    #expect(features.count == 2 * 2 * 256)
    // Trained features of ReLU6 are neither all dead nor all saturated.
    #expect(features.allSatisfy { (0...6).contains($0) })
    #expect(features.contains { $0 > 0.1 && $0 < 5.9 })
  }
}

/// A file of the data beside the package; the test is skipped where the data are not there.
func sharedData(_ name: String) throws -> String {
  let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  let path = "/\(root)/../shared/data/\(name)"
  guard access(path, R_OK) == 0 else { try Test.cancel("\(path) is not there") }
  return path
}
