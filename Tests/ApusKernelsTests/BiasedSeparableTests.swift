import ApusGraph
import ApusKernels
import ApusTensors
import CKernels
import Glibc
import Testing

/// Depthwise and pointwise convolutions in one pass against the reference kernel.
@Suite struct BiasedSeparableTests {
  private static let sets = (0..<apus_isa_count()).map { String(cString: apus_isa_name_at($0)) }
  private static let avx2 = sets.firstIndex(of: "avx2")

  struct Example: Sendable {
    let pictures: Shape
    let filters: Int
    var stride = 1
    var padding = Padding2D(top: 1, bottom: 1, left: 1, right: 1)
    var inputClip = ClipBounds.none
    var clips = (ClipBounds.none, ClipBounds.none)

    var operation: BiasedSeparableConvolution2D {
      var depthwise = BiasedConvolution2D(
        geometry: ConvolutionGeometry(
          strides: Size2D(stride), padding: padding, groups: pictures[3]))
      (depthwise.inputClip, depthwise.clip) = (inputClip, clips.0)
      var pointwise = BiasedConvolution2D(geometry: ConvolutionGeometry())
      pointwise.clip = clips.1
      return BiasedSeparableConvolution2D(depthwise, pointwise)
    }

    var inputs: [Tensor] {
      let channels = pictures[3]
      return [
        sequence(pictures) { sin($0 * 1.7) },
        sequence([3, 3, 1, channels]) { cos($0 * 0.9) / 3 },
        sequence([channels]) { sin($0) / 4 },
        sequence([1, 1, channels, filters]) { cos($0 * 0.7) / 4 },
        sequence([filters]) { sin($0 * 1.1) },
      ]
    }
  }

  private static let relu6 = ClipBounds(lower: 0, upper: 6)

  /// Blocks that end within pictures and at their ends, channels that fill no vector, rows wider than a block, fewer
  /// rows than threads, a result that is written past the caches.
  static let examples = [
    Example(pictures: [12, 14, 14, 32], filters: 64, clips: (relu6, relu6)),
    Example(
      pictures: [9, 28, 28, 24], filters: 40, stride: 2,
      padding: Padding2D(top: 0, bottom: 1, left: 0, right: 1), clips: (relu6, .none)),
    Example(
      pictures: [25, 7, 7, 37], filters: 45, inputClip: ClipBounds(lower: 0, upper: .infinity)),
    Example(pictures: [1, 5, 230, 8], filters: 16, clips: (.none, relu6)),
    Example(pictures: [3, 33, 11, 256], filters: 128),
    Example(pictures: [8, 64, 64, 8], filters: 32),
  ]

  @Test(
    .enabled(if: avx2 != nil, "this processor has no AVX2"), arguments: examples.indices,
    [1, 2, 3, 8])
  func isBothOneAfterTheOther(index: Int, threads: Int) throws {
    let example = Self.examples[index]
    let expected = try KernelRun.reference(example.operation, example.inputs).outputs[0]
    defer { apus_isa_select(-1) }
    apus_isa_select(Int32(try #require(Self.avx2)))
    #expect(example.operation.isFast(of: example.inputs.map(\.type)))
    let run = try KernelRun.fast(example.operation, example.inputs, threads: threads)
    #expect(run.description == "vector avx2")
    #expect(difference(run.outputs[0].doubles, expected.doubles) < 5e-6)
  }

  @Test func theReferenceIsThatOfTheParts() throws {
    let example = Example(
      pictures: [2, 5, 6, 3], filters: 4, stride: 2,
      inputClip: ClipBounds(lower: -0.5, upper: 0.5), clips: (Self.relu6, Self.relu6))
    let (operation, inputs) = (example.operation, example.inputs)
    let between = try KernelRun.reference(operation.depthwise, Array(inputs.prefix(3))).outputs[0]
    let parts = try KernelRun.reference(operation.pointwise, [between] + inputs.suffix(2))
    let whole = try KernelRun.reference(operation, inputs)
    #expect(difference(whole.outputs[0].doubles, parts.outputs[0].doubles) < 1e-6)
  }

  /// What is small, has other filters or other operands stays two convolutions.
  @Test(.enabled(if: avx2 != nil, "this processor has no AVX2"))
  func whatGainsNothingIsRefused() throws {
    defer { apus_isa_select(-1) }
    apus_isa_select(Int32(try #require(Self.avx2)))
    let few = Example(pictures: [2, 14, 14, 32], filters: 64)
    let wide = Example(pictures: [12, 14, 14, 512], filters: 512)
    let low = Example(pictures: [300, 3, 3, 32], filters: 64)
    let long = Example(pictures: [1, 4, 4096, 256], filters: 64)
    for example in [few, wide, low, long] {
      #expect(!example.operation.isFast(of: example.inputs.map(\.type)))
    }
    let good = Self.examples[0]
    #expect(good.operation.isFast(of: good.inputs.map(\.type)))
    var pointwise = good.operation.pointwise
    pointwise.inputClip = Self.relu6
    let clipped = BiasedSeparableConvolution2D(good.operation.depthwise, pointwise)
    #expect(!clipped.isFast(of: good.inputs.map(\.type)))
    var types = good.inputs.map(\.type)
    types[0] = TensorType(types[0].shape, .bfloat16)
    #expect(!good.operation.isFast(of: types))
  }
}
