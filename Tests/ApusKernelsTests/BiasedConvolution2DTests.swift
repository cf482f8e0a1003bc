import ApusGraph
import ApusKernels
import ApusTensors
import CKernels
import Glibc
import Testing

/// The kernels of folded convolutions against the reference kernel.
struct BiasedConvolution2DTests {
  struct Example: CustomTestStringConvertible {
    let operation: BiasedConvolution2D
    let inputs: [Tensor]

    var testDescription: String { "\(operation) of \(inputs.map(\.type))" }
  }

  /// Channels, filters, side of the filter, stride and groups.
  private static let shapes = [
    (8, 16, 1, 1, 1), (24, 40, 1, 2, 1), (3, 5, 3, 2, 1), (16, 16, 3, 1, 16), (37, 37, 3, 2, 37),
    (64, 64, 3, 1, 64), (136, 40, 1, 1, 1),
  ]

  static let examples: [Example] = shapes.flatMap { channels, filters, side, stride, groups in
    let padding = side == 1 ? Padding2D.none : Padding2D(top: 0, bottom: 1, left: 1, right: 1)
    var operation = BiasedConvolution2D(
      geometry: ConvolutionGeometry(strides: Size2D(stride), padding: padding, groups: groups))
    // Enough pixels for each way oneDNN computes them.
    let x = sequence([channels > 100 ? 12 : 2, 11, 9, channels]) { sin($0 * 1.7) }
    let w = sequence([side, side, channels / groups, filters]) { cos($0 * 0.9) }
    let bias = sequence([filters]) { sin($0) }
    var examples = [Example(operation: operation, inputs: [x, w, bias])]
    operation.clip = ClipBounds(lower: 0, upper: 6)
    examples.append(Example(operation: operation, inputs: [x, w, bias]))
    if groups > 1 {
      operation.inputClip = ClipBounds(lower: 0, upper: .infinity)
      examples.append(Example(operation: operation, inputs: [x, w, bias]))
    } else if let type = try? operation.types(of: [x.type, w.type, bias.type])[0] {
      operation.hasAddend = true
      operation.clip = ClipBounds(lower: 0, upper: .infinity)
      let addend = sequence(type.shape) { cos($0 * 0.3) }
      examples.append(Example(operation: operation, inputs: [x, w, bias, addend]))
    }
    return examples
  }

  @Test(arguments: examples) func matchesReference(_ example: Example) throws {
    let expected = try KernelRun.reference(example.operation, example.inputs).outputs[0]
    defer { apus_isa_select(-1) }
    for set in 0..<apus_isa_count() {
      apus_isa_select(set)
      for (threads, overwrites) in [(1, false), (2, true), (3, false)] {
        let run = try KernelRun.fast(
          example.operation, example.inputs, threads: threads, overwrites: overwrites)
        let error = difference(run.outputs[0].doubles, expected.doubles)
        #expect(error < 5e-6, "\(run.description), \(threads) threads: \(error)")
      }
    }
  }

  private static let sets = (0..<apus_isa_count()).map { String(cString: apus_isa_name_at($0)) }
  private static let avx2 = sets.firstIndex(of: "avx2")

  /// Pixels and channels of own products: written past the caches; with some rows, numbers and columns more than whole tiles
  /// and panels; few rows, where threads divide the columns.
  @Test(
    .enabled(if: avx2 != nil, "this processor has no AVX2"),
    arguments: [
      (Shape([4, 64, 64]), 8, 64), (Shape([3, 19, 19]), 133, 37), (Shape([1, 11, 13]), 130, 144),
    ])
  func ownProductsWithAVX2(pixels: Shape, channels: Int, filters: Int) throws {
    var operation = BiasedConvolution2D(geometry: ConvolutionGeometry())
    operation.clip = ClipBounds(lower: -1, upper: 1)
    let x = sequence(Shape(pixels.extents + [channels])) { $0 == 1000 ? .nan : sin($0) }
    let w = sequence([1, 1, channels, filters]) { cos($0 * 0.9) / 8 }
    let inputs = [x, w, sequence([filters]) { sin($0) }]
    let expected = try KernelRun.reference(operation, inputs).outputs[0].doubles
    #expect(expected.contains { $0.isNaN })
    defer { apus_isa_select(-1) }
    apus_isa_select(Int32(try #require(Self.avx2)))
    for threads in 1...3 {
      let run = try KernelRun.fast(operation, inputs, threads: threads)
      #expect(run.description == "vector avx2")
      #expect(difference(run.outputs[0].doubles, expected) < 5e-6)
    }
  }

  /// oneDNN has loops for bfloat16 operands from AVX-512 on, whatever our own kernels use; elsewhere operands are widened.
  private static let oneDNNMultipliesBFloat16 = sets.contains("avx512")

  @Test(arguments: examples) func bfloat16MatchesReference(_ example: Example) throws {
    for result in [DataType.float32, .bfloat16] {
      var operation = example.operation
      if operation.geometry.groups > 1 && result == .float32 { continue }
      operation.resultType = result
      var inputs = example.inputs
      for index in [0, 1] { inputs[index] = inputs[index].converted(to: .bfloat16) }
      if operation.hasAddend { inputs[3] = inputs[3].converted(to: result) }
      let expected = try KernelRun.reference(operation, inputs).outputs[0]
      let run = try KernelRun.fast(operation, inputs)
      let error = difference(run.outputs[0].doubles, expected.doubles)
      if Self.oneDNNMultipliesBFloat16 { #expect(!run.description.contains("widened")) }
      #expect(error < (result == .float32 ? 1e-5 : 0x1p-7), "\(run.description): \(error)")
    }
  }

  @Test func operandsThatDoNotFitAreRefused() {
    let operation = BiasedConvolution2D(geometry: ConvolutionGeometry())
    let x = TensorType([1, 4, 4, 3])
    let w = TensorType([3, 3, 3, 5])
    #expect(throws: GraphError.self) { try operation.types(of: [x, w, TensorType([4])]) }
    #expect(throws: GraphError.self) { try operation.types(of: [x, w]) }
    #expect(throws: GraphError.self) {
      try operation.types(of: [x, w, TensorType([5], .bfloat16)])
    }
    var summing = operation
    summing.hasAddend = true
    #expect(throws: GraphError.self) {
      try summing.types(of: [x, w, TensorType([5]), TensorType([1, 4, 4, 5])])
    }
    var clipping = operation
    clipping.clip = ClipBounds(lower: 1, upper: 0)
    #expect(throws: GraphError.self) { try clipping.types(of: [x, w, TensorType([5])]) }
  }
}
