import ApusGraph
import ApusKernels
import ApusTensors
import CKernels
import Glibc
import Testing

/// Fused convolutions on every instruction set against the reference kernels.
struct FusedConvolutionTests {
  struct Example: CustomTestStringConvertible {
    var batch = 2
    var size = (6, 5)
    let channels: Int
    let filters: Int
    var side = 1
    var stride = 1
    var dilation = 1
    var padding = Padding2D.none
    var isDepthwise = false
    var bounds: ClipBounds? = ClipBounds(lower: 0, upper: 1.5)
    var operandType = DataType.float32

    var testDescription: String {
      "\(batch)×\(size)×\(channels) filter \(side)×\(side)→\(filters) stride \(stride) \(padding) "
        + "\(bounds.map { "\($0)" } ?? "plain") \(operandType)"
    }

    var geometry: ConvolutionGeometry {
      ConvolutionGeometry(
        strides: Size2D(stride), dilations: Size2D(dilation), padding: padding,
        groups: isDepthwise ? channels : 1)
    }

    var x: Tensor { sequence([batch, size.0, size.1, channels]) { sin($0 * 1.7) } }
    var filter: Tensor {
      sequence([side, side, isDepthwise ? 1 : channels, filters]) { cos($0 * 0.9) / 2 }
    }

    /// Scale, shift and mean of the input's channels.
    var factors: [Tensor] {
      guard bounds != nil else { return [] }
      return [
        sequence([channels]) { 1 + sin($0) / 2 }, sequence([channels]) { 0.5 + cos($0 * 2) / 2 },
        sequence([channels]) { sin($0 * 5) / 3 },
      ]
    }
  }

  static let examples = pixels + patches + depthwise

  private static let pixels: [Example] = {
    var examples = [Example(batch: 9, size: (13, 14), channels: 24, filters: 40)]
    let bounds = [
      nil, ClipBounds(lower: 0, upper: 1.5), ClipBounds(lower: -.infinity, upper: .infinity),
    ]
    for type in [DataType.float32, .bfloat16] {
      // Few rows and many columns: the threads divide the columns.
      examples.append(
        Example(batch: 3, size: (7, 8), channels: 130, filters: 200, operandType: type))
      // Several blocks of rows, the last of them not full.
      examples.append(
        Example(batch: 9, size: (13, 14), channels: 200, filters: 72, operandType: type))
      for (channels, filters) in [(1, 1), (5, 3), (16, 64), (37, 70), (100, 33)] {
        for bounds in bounds {
          examples.append(
            Example(channels: channels, filters: filters, bounds: bounds, operandType: type))
        }
      }
    }
    return examples
  }()

  private static let patches: [Example] = [DataType.float32, .bfloat16].flatMap { type in
    [
      Example(
        size: (9, 8), channels: 3, filters: 20, side: 3, stride: 2,
        padding: Padding2D(top: 0, bottom: 1, left: 0, right: 1), bounds: nil, operandType: type),
      Example(
        size: (8, 9), channels: 2, filters: 7, side: 3, dilation: 2,
        padding: Padding2D(top: 2, bottom: 1, left: 1, right: 2), bounds: nil, operandType: type),
    ]
  }

  private static let depthwise: [Example] = {
    var examples: [Example] = []
    for (padding, stride) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
      for (channels, rows) in [(3, 1), (16, 7), (37, 7), (70, 7)] {
        let edges = Padding2D(
          top: channels == 37 ? padding - 1 : padding, bottom: 1, left: 1, right: padding)
        examples.append(
          Example(
            batch: 3, size: (rows, 8), channels: channels, filters: channels, side: 3,
            stride: stride, padding: edges, isDepthwise: true,
            bounds: channels == 16 ? nil : ClipBounds(lower: 0, upper: 1.5)))
      }
    }
    return examples
  }()

  /// Results of 4 MiB and more, which are written past the caches.
  static let large: [Example] = [
    Example(batch: 4, size: (128, 128), channels: 16, filters: 16),
    Example(batch: 4, size: (128, 128), channels: 16, filters: 16, operandType: .bfloat16),
    Example(
      batch: 4, size: (128, 128), channels: 16, filters: 16, side: 3,
      padding: Padding2D(vertical: 1, horizontal: 1), isDepthwise: true),
    Example(
      batch: 16, size: (128, 128), channels: 16, filters: 16, side: 3, stride: 2,
      padding: Padding2D(top: 0, bottom: 1, left: 0, right: 1), isDepthwise: true,
      // Of four million numbers some lie so near to a bound that float32 clips them and Double does not.
      bounds: ClipBounds(lower: -.infinity, upper: .infinity)),
  ]

  private static let sets = 0..<apus_isa_count()

  @Test(arguments: sets, examples)
  func forwardMatchesReference(_ set: Int32, _ example: Example) throws {
    for givesMoments in [false, true] {
      let operation = FusedConvolution2D(
        geometry: example.geometry, bounds: example.bounds, givesMoments: givesMoments,
        operandType: example.operandType)
      try check(
        operation, [example.x, example.filter] + example.factors.prefix(2), set..<set + 1, example)
    }
  }

  @Test(arguments: sets, examples)
  func gradientMatchesReference(_ set: Int32, _ example: Example) throws {
    let isPatches = example.side > 1 && !example.isDepthwise
    for isNormalized in [false, true] {
      for givesInput in isPatches ? [false] : [false, true] {
        try checkGradient(
          example, set..<set + 1, isNormalized: isNormalized, givesInput: givesInput)
      }
    }
  }

  @Test(arguments: large)
  func largeResultsMatchReference(_ example: Example) throws {
    let operation = FusedConvolution2D(
      geometry: example.geometry, bounds: example.bounds, givesMoments: true,
      operandType: example.operandType)
    try check(
      operation, [example.x, example.filter] + example.factors.prefix(2), Self.sets, example,
      threads: [2])
    try checkGradient(example, Self.sets, isNormalized: true, givesInput: true, threads: [2])
  }

  private func checkGradient(
    _ example: Example, _ sets: Range<Int32>, isNormalized: Bool, givesInput: Bool,
    threads: [Int] = [1, 2, 3]
  ) throws {
    let types = try Convolution2D(geometry: example.geometry).types(
      of: [example.x.type, example.filter.type])
    let channels: Shape = [example.filters]
    let dz = sequence(types[0].shape) { sin($0 * 0.6) }
    let through = [
      sequence(types[0].shape) { cos($0 * 1.1) }, sequence(channels) { 1 + cos($0) / 3 },
      sequence(channels) { sin($0 * 3) / 4 }, sequence(channels) { cos($0 * 4) / 5 },
    ]
    let operation = FusedConvolution2DGradient(
      geometry: example.geometry, bounds: example.bounds, isNormalized: isNormalized,
      givesInput: givesInput, operandType: example.operandType)
    let operands =
      [dz, example.x, example.filter] + example.factors + (isNormalized ? through : [])
    try check(operation, operands, sets, example, threads: threads)
  }

  private func check(
    _ operation: any Operation, _ inputs: [Tensor], _ sets: Range<Int32>, _ example: Example,
    threads: [Int] = [1, 2, 3]
  ) throws {
    let expected = try KernelRun.reference(operation, inputs).outputs
    // A number next to the middle of two bfloat16 ones may be rounded either way.
    let tolerance = example.operandType == .bfloat16 ? 4e-3 : 5e-6
    defer { apus_isa_select(-1) }
    for set in sets {
      apus_isa_select(set)
      guard example.operandType == .float32 || apus_fused_product_has_bfloat16() else {
        // Without the instructions there is no fused kernel, and the engine does not ask for one.
        #expect(throws: KernelRun.NoKernel.self) { try KernelRun.fast(operation, inputs) }
        continue
      }
      for threads in threads {
        let run = try KernelRun.fast(operation, inputs, threads: threads)
        #expect(run.description.hasPrefix("vector"))
        for (index, (actual, expected)) in zip(run.outputs, expected).enumerated() {
          let error = difference(actual.doubles, expected.doubles)
          #expect(error <= tolerance, "set \(set), output \(index), \(threads) threads: \(error)")
        }
      }
    }
  }

  @Test func aMeanFarFromZeroCostsNoAccuracy() throws {
    // Deviations of 1 around a mean of 3000: squares of the numbers themselves would lose them.
    let x = sequence([4, 9, 9, 16]) { 1000 + sin($0) }
    let filter = sequence([1, 1, 16, 8]) { _ in 0.1875 }
    let operation = FusedConvolution2D(
      geometry: ConvolutionGeometry(), bounds: nil, givesMoments: true)
    let expected = try KernelRun.reference(operation, [x, filter]).outputs[2].doubles
    let actual = try KernelRun.fast(operation, [x, filter]).outputs[2].doubles
    for (actual, expected) in zip(actual, expected) {
      #expect(abs(actual - expected) < 2e-3 * expected)
    }
  }
}
