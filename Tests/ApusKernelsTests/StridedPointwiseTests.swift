import ApusGraph
import ApusKernels
import ApusTensors
import CKernels
import Glibc
import Testing

/// Pointwise convolutions that skip pixels, as products of those that they read.
struct StridedPointwiseTests {
  struct Example: CustomTestStringConvertible {
    let operation: any Operation
    let inputs: [Tensor]

    var testDescription: String { "\(operation) of \(inputs.map(\.type))" }
  }

  /// The reference kernel under the name of oneDNN's loops, by themselves those that are slow here.
  private struct Loops: Kernel {
    var name = "jit:avx2 (convolution)"

    func prepare(_ request: KernelRequest) throws -> (any PreparedKernel)? {
      try kernelTable[request.operation.name]?.last?.prepare(request).map {
        Prepared($0, description: name)
      }
    }

    private final class Prepared: PreparedKernel {
      private let kernel: any PreparedKernel
      let description: String

      init(_ kernel: any PreparedKernel, description: String) {
        (self.kernel, self.description) = (kernel, description)
      }

      var scratchByteCount: Int { kernel.scratchByteCount }

      func run(_ operands: KernelOperands) throws(KernelFailure) { try kernel.run(operands) }
    }
  }

  private static let examples: [Example] = {
    let geometry = ConvolutionGeometry(strides: Size2D(height: 3, width: 2))
    let x = sequence([2, 11, 8, 40]) { sin($0 * 1.7) }
    let w = sequence([1, 1, 40, 56]) { cos($0 * 0.9) }
    let slope = sequence([2, 4, 4, 56]) { sin($0 * 0.6) }
    var (biased, summing) = (
      BiasedConvolution2D(geometry: geometry), BiasedConvolution2D(geometry: geometry)
    )
    biased.clip = ClipBounds(lower: -1, upper: 1)
    summing.hasAddend = true
    let bias = sequence([56]) { sin($0) }
    return [
      Example(operation: Convolution2D(geometry: geometry), inputs: [x, w]),
      Example(operation: biased, inputs: [x, w, bias]),
      Example(operation: summing, inputs: [x, w, bias, slope]),
      Example(
        operation: Convolution2DInputGradient(geometry: geometry, inputShape: x.shape),
        inputs: [slope, w]),
      Example(
        operation: Convolution2DFilterGradient(geometry: geometry, filterShape: w.shape),
        inputs: [x, slope]),
    ]
  }()

  @Test(arguments: examples) func isTheSameConvolution(_ example: Example) throws {
    let expected = try KernelRun.reference(example.operation, example.inputs).outputs[0]
    let run = try KernelRun.by(
      OneDNNStridedPointwise(convolution: Loops()), example.operation, example.inputs)
    #expect(run.description == "jit:avx2 (convolution) of chosen pixels")
    #expect(difference(run.outputs[0].doubles, expected.doubles) < 1e-6)
  }

  /// Numbers of two bytes, and a result of another size.
  @Test func ofBFloat16Numbers() throws {
    let geometry = ConvolutionGeometry(strides: Size2D(2))
    let x = sequence([2, 7, 9, 3]) { sin($0 * 1.7) }.converted(to: .bfloat16)
    let w = sequence([1, 1, 3, 5]) { cos($0 * 0.9) }.converted(to: .bfloat16)
    let slope = sequence([2, 4, 5, 5]) { sin($0) }.converted(to: .bfloat16)
    for result in [DataType.bfloat16, .float32] {
      let operations: [(any Operation, [Tensor])] = [
        (Convolution2D(geometry: geometry, resultType: result), [x, w]),
        (
          Convolution2DInputGradient(
            geometry: geometry, inputShape: x.shape, resultType: result), [slope, w]
        ),
      ]
      for (operation, inputs) in operations {
        let expected = try KernelRun.reference(operation, inputs).outputs[0]
        let run = try KernelRun.by(
          OneDNNStridedPointwise(convolution: Loops()), operation, inputs)
        #expect(run.outputs[0].dataType == result)
        #expect(run.outputs[0].doubles == expected.doubles)
      }
    }
  }

  @Test func othersAreLeftAlone() throws {
    let x = TensorType([1, 8, 8, 4])
    var grouped = ConvolutionGeometry(strides: Size2D(2))
    grouped.groups = 2
    let padding = Padding2D(top: 1, bottom: 0, left: 0, right: 0)
    for (geometry, filter) in [
      (ConvolutionGeometry(), TensorType([1, 1, 4, 6])),
      (ConvolutionGeometry(strides: Size2D(2)), TensorType([1, 3, 4, 6])),
      (ConvolutionGeometry(strides: Size2D(2), padding: padding), TensorType([1, 1, 4, 6])),
      (grouped, TensorType([1, 1, 2, 6])),
    ] {
      let operation = Convolution2D(geometry: geometry)
      let request = KernelRequest(
        operation: operation, inputs: [x, filter], outputs: try operation.types(of: [x, filter]),
        threads: 2)
      let kernel = OneDNNStridedPointwise(convolution: Loops())
      #expect(try kernel.prepare(request) == nil)
    }
  }

  @Test(arguments: [
    ("gemm:jit (convolution)", true), ("jit_1x1:avx2 (convolution)", false),
    ("jit:avx512_core (convolution)", false), ("brgconv_1x1:avx512_core (convolution)", false),
    ("gemm:jit (matmul)", false),
  ])
  func goodLoopsAreKept(name: String, isReplaced: Bool) throws {
    let example = Self.examples[0]
    let types = example.inputs.map(\.type)
    let request = KernelRequest(
      operation: example.operation, inputs: types, outputs: try example.operation.types(of: types),
      threads: 2)
    let kernel = OneDNNStridedPointwise(convolution: Loops(name: "oneDNN " + name))
    #expect((try kernel.prepare(request) != nil) == isReplaced)
  }

  private static let sets = (0..<apus_isa_count()).map { String(cString: apus_isa_name_at($0)) }

  @Test(
    .enabled(
      if: sets.contains("avx2") && !sets.contains("avx512") && oneDNNVersion == "2.6.3",
      "oneDNN \(oneDNNVersion) may have good loops for this processor"),
    arguments: examples)
  func isTakenWhereOneDNNIsSlow(_ example: Example) throws {
    let expected = try KernelRun.reference(example.operation, example.inputs).outputs[0].doubles
    for threads in 1...3 {
      for overwrites in [false, true] {
        let run = try KernelRun.fast(
          example.operation, example.inputs, threads: threads, overwrites: overwrites)
        #expect(run.description.hasSuffix("of chosen pixels"), "\(run.description)")
        #expect(difference(run.outputs[0].doubles, expected) < 5e-6)
      }
    }
  }
}
