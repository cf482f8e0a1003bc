import ApusGraph
import ApusLayers
import ApusTensors
import Testing

@Suite struct CompositionTests {
  @Test func layersWithoutNamesAreNumbered() throws {
    let model = Sequential {
      Conv2D(4, kernel: 3)
      BatchNorm()
      Activation.relu
      Conv2D(4, kernel: 3)
      Flatten()
      for _ in 0..<2 { Dense(3) }
      Dense(2).named("logits")
    }
    let (output, parameters) = try traced(model, [1, 8, 8, 3])
    #expect(output == [1, 2])
    #expect(
      Set(parameters.keys.filter { $0.hasSuffix("kernel") }) == [
        "conv2d/kernel", "conv2d_1/kernel", "dense/kernel", "dense_1/kernel", "logits/kernel",
      ])
    #expect(parameters["batch_norm/gamma"] == [4])
  }

  @Test func residualAddsBranchAndShortcut() throws {
    let input = Tensor([Float(3), 4], shape: [1, 2])
    let double = Block("Double") { (x, _) throws(GraphError) in try x * 2 }
    #expect(try LayerRun(Residual(double), on: input).output.doubles == [9, 12])
    #expect(try LayerRun(Residual(double, shortcut: double), on: input).output.doubles == [12, 16])
    let (_, parameters) = try traced(Residual(Dense(5), shortcut: Dense(5)), [1, 2])
    #expect(parameters["branch/kernel"] == [2, 5])
    #expect(parameters["shortcut/kernel"] == [2, 5])
    #expect(throws: GraphError.self) { try traced(Residual(Dense(5)), [1, 2]) }
  }

  @Test func summaryCountsAsKeras() throws {
    let model = Sequential {
      Conv2D(32, kernel: 3).named("conv")
      BatchNorm().named("bn")
      Activation.relu.named("relu")
      SeparableConv2D(64, kernel: 3).named("separable")
      GlobalAveragePooling2D().named("pool")
      Sequential {
        Dense(16)
        Dense(10)
      }.named("top")
    }
    let summary = try summary(of: model, input: TensorType([1, 12, 12, 3]))
    // Counts of keras.Sequential with the same layers.
    #expect(
      summary.rows.map(\.name) == [
        "conv", "bn", "relu", "separable", "pool", "top/dense", "top/dense_1",
      ])
    #expect(summary.rows.map(\.parameterCount) == [896, 128, 0, 2400, 0, 1040, 170])
    #expect(summary.rows[3].outputShape == [1, 8, 8, 64])
    #expect(summary.parameterCount == 4634)
    #expect(summary.nonTrainableCount == 64)
    #expect(
      summary.description.split(separator: "\n").suffix(3) == [
        "Parameters: 4,634", "Trainable: 4,570", "Non-trainable: 64",
      ])
    #expect(
      summary.description.split(separator: "\n")[2]
        == "conv         Conv2D                  [1, 10, 10, 32]         896")
  }

  @Test func aBareLayerIsOneRow() throws {
    let summary = try summary(of: Dense(3), input: TensorType([1, 2]))
    #expect(summary.rows.map(\.kind) == ["Dense"])
    #expect(summary.parameterCount == 9)
  }
}
