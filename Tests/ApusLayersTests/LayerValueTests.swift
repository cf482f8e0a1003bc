import ApusGraph
import ApusLayers
import ApusTensors
import Testing

/// What layers of pictures give, by hand.
@Suite struct LayerValueTests {
  private func value(
    _ layer: some Layer, _ numbers: [Float], _ shape: Shape, weights: [String: Tensor] = [:]
  ) throws -> Tensor {
    try LayerRun(layer, on: Tensor(numbers, shape: shape), weights: weights).output
  }

  @Test func globalPoolingIsOfEachChannelAndPicture() throws {
    let numbers: [Float] = [1, -2, 3, -4, -5, -1, 2, -8, 0, 7, -1, 6, -2, 5, -3, 4]
    let largest = try value(GlobalMaxPooling2D(), numbers, [2, 2, 2, 2])
    #expect(largest.shape == [2, 2])
    #expect(largest.doubles == [3, -1, 0, 7])
    let kept = try value(GlobalMaxPooling2D(keepsAxes: true), numbers, [2, 2, 2, 2])
    #expect(kept.shape == [2, 1, 1, 2])
    #expect(kept.doubles == [3, -1, 0, 7])
    let means = try value(GlobalAveragePooling2D(), numbers, [2, 2, 2, 2])
    #expect(means.doubles == [0.25, -3.75, -1.5, 5.5])
  }

  @Test func averagesLeavePaddingOut() throws {
    let numbers: [Float] = [1, 2, 3, 4, 5, 6]
    let shape: Shape = [1, 2, 3, 1]
    #expect(try value(AveragePooling2D(), numbers, shape).doubles == [3])
    let padded = try value(AveragePooling2D(padding: .same), numbers, shape)
    #expect(padded.shape == [1, 1, 2, 1])
    #expect(padded.doubles == [3, 4.5])
    let counted = AveragePooling2D(padding: .same, countsPadding: true)
    #expect(try value(counted, numbers, shape).doubles == [3, 2.25])
    let dense = AveragePooling2D(Size2D(height: 1, width: 2), strides: 1)
    #expect(try value(dense, numbers, shape).doubles == [1.5, 2.5, 4.5, 5.5])
  }

  @Test func averagesAreOfEachChannel() throws {
    let numbers: [Float] = [1, 10, 3, 30, 5, 50, 7, 70]
    #expect(try value(AveragePooling2D(), numbers, [1, 2, 2, 2]).doubles == [4, 40])
  }

  /// The kernel's axes are height, width, filters, channels.
  @Test func transposedConvolutionSumsOverChannels() throws {
    let found = try value(
      TransposedConv2D(2, kernel: 1), [1, 10], [1, 1, 1, 2],
      weights: [
        "kernel": Tensor([1, 2, 3, 4] as [Float], shape: [1, 1, 2, 2]),
        "bias": Tensor([0.5, -1] as [Float]),
      ])
    #expect(found.doubles == [21.5, 42])  // 1 + 20 + ½, 3 + 40 − 1
  }

  @Test func transposedConvolutionPlacesItsKernelForEachPixel() throws {
    let kernel = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2, 1, 1])
    let found = try value(
      TransposedConv2D(1, kernel: 2, strides: 2), [1, 10, 100, 1000], [1, 2, 2, 1],
      weights: ["kernel": kernel])
    #expect(found.shape == [1, 4, 4, 1])
    #expect(
      found.doubles == [
        1, 2, 10, 20,
        3, 4, 30, 40,
        100, 200, 1000, 2000,
        300, 400, 3000, 4000,
      ])
  }

  @Test func transposedConvolutionAddsWhereKernelsMeet() throws {
    let weights = [
      "kernel": Tensor([1, 2, 3] as [Float], shape: [1, 3, 1, 1]),
      "bias": Tensor([100] as [Float]),
    ]
    func layer(_ padding: PaddingRule) -> TransposedConv2D {
      TransposedConv2D(
        1, kernel: Size2D(height: 1, width: 3), strides: Size2D(height: 1, width: 2),
        padding: padding)
    }
    let whole = try value(layer(.valid), [1, 10], [1, 1, 2, 1], weights: weights)
    #expect(whole.doubles == [101, 102, 113, 120, 130])
    let cut = try value(layer(.same), [1, 10], [1, 1, 2, 1], weights: weights)
    #expect(cut.doubles == [101, 102, 113, 120])
  }

  @Test func transposedConvolutionActivatesAfterTheBias() throws {
    let found = try value(
      TransposedConv2D(2, kernel: 1, activation: .relu), [1], [1, 1, 1, 1],
      weights: [
        "kernel": Tensor([2, -2] as [Float], shape: [1, 1, 2, 1]),
        "bias": Tensor([-3, 5] as [Float]),
      ])
    #expect(found.doubles == [0, 3])
  }

  @Test func rescalingTakesBytes() throws {
    let bytes = Tensor([0, 51, 255] as [UInt8], shape: [1, 1, 3, 1])
    let found = try LayerRun(Rescaling(scale: 1 / 127.5, offset: -1), on: bytes).output.doubles
    #expect(found.count == 3)
    for (number, expected) in zip(found, [-1, -0.6, 1]) { #expect(abs(number - expected) < 1e-6) }
  }

  @Test func rescalingAddsAfterItMultiplies() throws {
    let found = try value(Rescaling(scale: 2, offset: 3), [1, -1, 0.25], [1, 3])
    #expect(found.doubles == [5, 1, 3.5])
    #expect(try value(Rescaling(scale: 4), [1, -1, 0.25], [1, 3]).doubles == [4, -4, 1])
  }
}
