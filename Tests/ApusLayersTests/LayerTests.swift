import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import Testing

/// Shapes and names of parameters as `model.weights` of Keras lists them.
@Suite struct LayerTests {
  @Test func dense() throws {
    let (output, parameters) = try traced(Dense(5), [2, 7, 3])
    #expect(output == [2, 7, 5])
    #expect(parameters == ["kernel": [3, 5], "bias": [5]])
    #expect(try traced(Dense(5, usesBias: false), [2, 3]).parameters == ["kernel": [3, 5]])
  }

  @Test func denseValue() throws {
    let run = try LayerRun(
      Dense(2, activation: .relu), on: Tensor([Float(1), 2, -1], shape: [1, 3]),
      weights: [
        "kernel": Tensor([Float(1), -1, 2, 0, 0, 3], shape: [3, 2]),
        "bias": Tensor([Float(0.5), 1]),
      ])
    #expect(run.output.doubles == [5.5, 0])  // (1 + 4 + 0.5, relu(−1 − 3 + 1))
  }

  @Test func convolution() throws {
    let layer = Conv2D(8, kernel: Size2D(height: 3, width: 5), strides: 2, padding: .same)
    let (output, parameters) = try traced(layer, [2, 7, 10, 4])
    #expect(output == [2, 4, 5, 8])
    #expect(parameters == ["kernel": [3, 5, 4, 8], "bias": [8]])
    let grouped = try traced(Conv2D(8, kernel: 3, dilations: 2, groups: 2), [1, 9, 9, 4])
    #expect(grouped.output == [1, 5, 5, 8])
    #expect(grouped.parameters == ["kernel": [3, 3, 2, 8], "bias": [8]])
    let padding = PaddingRule.explicit(Padding2D(top: 0, bottom: 1, left: 2, right: 0))
    #expect(
      try traced(Conv2D(1, kernel: 2, padding: padding), [1, 4, 4, 1]).output == [1, 4, 5, 1])
  }

  @Test func depthwiseConvolution() throws {
    let (output, parameters) = try traced(
      DepthwiseConv2D(kernel: 3, strides: 2, multiplier: 2), [1, 9, 9, 4])
    #expect(output == [1, 4, 4, 8])
    #expect(parameters == ["depthwise_kernel": [3, 3, 4, 2], "bias": [8]])
    // Output channel c·multiplier + m is channel c times kernel number m.
    let run = try LayerRun(
      DepthwiseConv2D(kernel: 1, multiplier: 2), on: Tensor([Float(1), 10], shape: [1, 1, 1, 2]),
      weights: ["depthwise_kernel": Tensor([Float(1), 2, 3, 4], shape: [1, 1, 2, 2])])
    #expect(run.output.doubles == [1, 2, 30, 40])
  }

  @Test func separableConvolution() throws {
    let (output, parameters) = try traced(
      SeparableConv2D(64, kernel: 3, padding: .same, multiplier: 2), [1, 9, 9, 32])
    #expect(output == [1, 9, 9, 64])
    #expect(
      parameters == [
        "depthwise_kernel": [3, 3, 32, 2], "pointwise_kernel": [1, 1, 64, 64], "bias": [64],
      ])
  }

  @Test func transposedConvolution() throws {
    let same = try traced(TransposedConv2D(6, kernel: 3, strides: 2, padding: .same), [1, 7, 7, 4])
    #expect(same.output == [1, 14, 14, 6])
    #expect(same.parameters == ["kernel": [3, 3, 6, 4], "bias": [6]])
    #expect(
      try traced(TransposedConv2D(6, kernel: 5, strides: 2), [1, 7, 7, 4]).output == [1, 17, 17, 6])
  }

  @Test func pooling() throws {
    #expect(try traced(MaxPooling2D(), [1, 7, 7, 4]).output == [1, 3, 3, 4])
    #expect(
      try traced(MaxPooling2D(3, strides: 2, padding: .same), [1, 7, 7, 4]).output == [1, 4, 4, 4])
    #expect(try traced(AveragePooling2D(3), [1, 7, 7, 4]).output == [1, 2, 2, 4])
    #expect(try traced(GlobalAveragePooling2D(), [2, 7, 7, 4]).output == [2, 4])
    #expect(try traced(GlobalMaxPooling2D(keepsAxes: true), [2, 7, 7, 4]).output == [2, 1, 1, 4])
  }

  @Test func shapes() throws {
    #expect(try traced(Flatten(), [2, 3, 4, 5]).output == [2, 60])
    #expect(try traced(Reshape([4, -1]), [2, 3, 4, 5]).output == [2, 4, 15])
    #expect(try traced(ZeroPadding2D(bottom: 1, right: 2), [2, 3, 4, 5]).output == [2, 4, 6, 5])
    let embedded = try traced(Embedding(vocabulary: 9, dimensions: 4), [2, 6], .int32)
    #expect(embedded.output == [2, 6, 4])
    #expect(embedded.parameters == ["embeddings": [9, 4]])
  }

  @Test func activations() throws {
    let input = Tensor([Float(-2), -0.5, 0, 1, 8], shape: [1, 5])
    func value(_ activation: Activation) throws -> [Double] {
      try LayerRun(activation, on: input).output.doubles
    }
    #expect(try value(.linear) == [-2, -0.5, 0, 1, 8])
    #expect(try value(.relu) == [0, 0, 0, 1, 8])
    #expect(try value(.relu6) == [0, 0, 0, 1, 6])
    // keras.activations at (−2, −0.5, 0, 1, 8); GELU by the error function.
    let expected: [(Activation, [Double])] = [
      (.leakyReLU(), [-0.4, -0.1, 0, 1, 8]),
      (.elu(), [-0.864_664_7, -0.393_469_3, 0, 1, 8]),
      (.selu, [-1.520_166_5, -0.691_758_2, 0, 1.050_701, 8.405_608]),
      (.gelu, [-0.045_500_3, -0.154_268_8, 0, 0.841_344_7, 8]),
      (.approximateGELU, [-0.045_402_3, -0.154_286, 0, 0.841_192, 8]),
      (.swish, [-0.238_405_8, -0.188_770_3, 0, 0.731_058_6, 7.997_317_2]),
      (.softplus, [0.126_928, 0.474_077, 0.693_147_2, 1.313_261_7, 8.000_335_4]),
      (.sigmoid, [0.119_202_9, 0.377_540_7, 0.5, 0.731_058_6, 0.999_664_6]),
      (.tanh, [-0.964_027_6, -0.462_117_2, 0, 0.761_594_2, 0.999_999_8]),
    ]
    for (activation, numbers) in expected {
      for (found, number) in zip(try value(activation), numbers) {
        #expect(abs(found - number) < 2e-6 * max(1, abs(number)), "\(activation)")
      }
    }
    #expect(abs(try value(.softmax).reduce(0, +) - 1) < 1e-6)
  }

  @Test func dropoutScalesWhatItKeeps() throws {
    let ones = Tensor([Float](repeating: 1, count: 10_000), shape: [100, 100])
    let kept = try LayerRun(Dropout(0.2), on: ones, for: .training).output.doubles
    #expect(kept.allSatisfy { $0 == 0 || abs($0 - 1.25) < 1e-6 })
    // A binomial count of mean 2000 and deviation 40; 5 deviations are missed once in 10⁶ keys.
    #expect(abs(kept.count { $0 == 0 } - 2000) < 200)
    #expect(try LayerRun(Dropout(0.2), on: ones).output.doubles.allSatisfy { $0 == 1 })
    let other = try LayerRun(Dropout(0.2), on: ones, for: .training, key: [7, 1]).output.doubles
    #expect(other != kept)
  }
}
