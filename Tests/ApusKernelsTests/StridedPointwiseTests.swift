import ApusGraph
import ApusKernels
import ApusTensors
import CKernels
import Glibc
import Testing

/// Pointwise convolutions that skip pixels, where oneDNN has no good loop for them.
@Suite(
  .enabled(
    if: !(0..<apus_isa_count()).contains { String(cString: apus_isa_name_at($0)) == "avx512" },
    "with AVX-512 oneDNN's loops are used"))
struct StridedPointwiseTests {
  private static let geometry = ConvolutionGeometry(strides: Size2D(height: 3, width: 2))
  private let x = sequence([2, 11, 8, 40]) { sin($0 * 1.7) }
  private let w = sequence([1, 1, 40, 56]) { cos($0 * 0.9) }
  private let slope = sequence([2, 4, 4, 56]) { sin($0 * 0.6) }

  private func expectChosenPixels(_ operation: any Operation, _ inputs: [Tensor]) throws {
    let expected = try KernelRun.reference(operation, inputs).outputs[0].doubles
    for threads in 1...3 {
      for overwrites in [false, true] {
        let run = try KernelRun.fast(operation, inputs, threads: threads, overwrites: overwrites)
        #expect(run.description.hasSuffix("of chosen pixels"), "\(run.description)")
        #expect(difference(run.outputs[0].doubles, expected) < 5e-6)
      }
    }
  }

  @Test func forward() throws {
    try expectChosenPixels(Convolution2D(geometry: Self.geometry), [x, w])
  }

  @Test func folded() throws {
    var operation = BiasedConvolution2D(geometry: Self.geometry)
    operation.clip = ClipBounds(lower: -1, upper: 1)
    try expectChosenPixels(operation, [x, w, sequence([56]) { sin($0) }])
    operation.hasAddend = true
    try expectChosenPixels(operation, [x, w, sequence([56]) { sin($0) }, slope])
  }

  /// Zeros where no result reads a pixel, at the border too.
  @Test func gradientOfTheInput() throws {
    let operation = Convolution2DInputGradient(geometry: Self.geometry, inputShape: x.shape)
    try expectChosenPixels(operation, [slope, w])
    let run = try KernelRun.fast(operation, [slope, w])
    let pixels = stride(from: 0, to: run.outputs[0].count, by: 40).map {
      run.outputs[0].doubles[$0..<$0 + 40].contains { $0 != 0 }
    }
    #expect(pixels.count(where: \.self) == 2 * 4 * 4)
  }

  @Test func gradientOfTheFilter() throws {
    let operation = Convolution2DFilterGradient(geometry: Self.geometry, filterShape: w.shape)
    try expectChosenPixels(operation, [x, slope])
  }
}
