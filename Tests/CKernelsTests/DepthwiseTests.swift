import CKernels
import Testing

/// A depthwise convolution; padding is top, bottom, left, right.
struct DepthwiseCase: Sendable, CustomTestStringConvertible {
  var batch = 2
  var size: (Int, Int)
  var channels: Int
  var multiplier = 1
  var filter = (3, 3)
  var strides = (1, 1)
  var dilations = (1, 1)
  var padding = (1, 1, 1, 1)

  var testDescription: String {
    "\(size) channels \(channels)×\(multiplier) filter \(filter) strides \(strides) dilations "
      + "\(dilations) padding \(padding)"
  }

  static let all: [DepthwiseCase] = [
    .init(size: (28, 28), channels: 32),
    .init(size: (14, 13), channels: 37, strides: (2, 2), padding: (0, 1, 0, 1)),
    .init(size: (13, 14), channels: 5, strides: (2, 2), padding: (1, 0, 1, 2)),
    .init(size: (6, 7), channels: 19, strides: (2, 2), padding: (2, 2, 2, 2)),
    .init(size: (1, 1), channels: 70), .init(size: (1, 2), channels: 16, strides: (2, 2)),
    .init(size: (4, 4), channels: 16, padding: (0, 0, 0, 0)),
    .init(size: (1, 1), channels: 3, padding: (2, 0, 0, 2)),
    .init(size: (3, 5), channels: 33, padding: (2, 1, 0, 2)),
    .init(size: (9, 8), channels: 7, filter: (5, 3), padding: (4, 0, 1, 3)),
    .init(size: (9, 8), channels: 18, strides: (2, 1), dilations: (2, 3), padding: (2, 2, 3, 1)),
    .init(size: (7, 9), channels: 6, multiplier: 3, filter: (2, 4), strides: (3, 2)),
    .init(size: (2, 2), channels: 4, filter: (5, 5), padding: (0, 0, 0, 0)),
  ]

  var shape: apus_depthwise_shape {
    apus_depthwise_shape(
      batch: Int64(batch), height: Int64(size.0), width: Int64(size.1),
      channels: Int64(channels), multiplier: Int64(multiplier), filter_height: Int64(filter.0),
      filter_width: Int64(filter.1), stride_height: Int64(strides.0),
      stride_width: Int64(strides.1), dilation_height: Int64(dilations.0),
      dilation_width: Int64(dilations.1), pad_top: Int64(padding.0), pad_bottom: Int64(padding.1),
      pad_left: Int64(padding.2), pad_right: Int64(padding.3))
  }

  var outputSize: (Int, Int) {
    var shape = shape
    return (
      Int(apus_depthwise_output_height(&shape)), Int(apus_depthwise_output_width(&shape))
    )
  }

  /// Calls `body` with the indices of each input, filter and output element that meet.
  func forEachProduct(_ body: (_ input: Int, _ weight: Int, _ output: Int) -> Void) {
    let (outputs, (rows, columns)) = (channels * multiplier, outputSize)
    for n in 0..<batch {
      for y in 0..<rows {
        for x in 0..<columns {
          for i in 0..<filter.0 {
            for j in 0..<filter.1 {
              let row = y * strides.0 + i * dilations.0 - padding.0
              let column = x * strides.1 + j * dilations.1 - padding.2
              guard 0..<size.0 ~= row, 0..<size.1 ~= column else { continue }
              for c in 0..<outputs {
                body(
                  ((n * size.0 + row) * size.1 + column) * channels + c / multiplier,
                  (i * filter.1 + j) * outputs + c, ((n * rows + y) * columns + x) * outputs + c)
              }
            }
          }
        }
      }
    }
  }
}

@Suite struct DepthwiseTests {
  @Test(arguments: InstructionSet.all, DepthwiseCase.all)
  func matchesLoops(_ set: InstructionSet, _ example: DepthwiseCase) {
    let outputs = example.channels * example.multiplier, (rows, columns) = example.outputSize
    let input = numbers(example.batch * example.size.0 * example.size.1 * example.channels)
    let filter = numbers(example.filter.0 * example.filter.1 * outputs, seed: 2)
    let gradient = numbers(example.batch * rows * columns * outputs, seed: 3)
    let bias = numbers(outputs, seed: 4)
    var expected = gradient.indices.map { Double(bias[$0 % outputs]) }
    var inputGradient = [Double](repeating: 0, count: input.count)
    var filterGradient = [Double](repeating: 0, count: filter.count)
    example.forEachProduct { i, w, o in
      expected[o] += Double(input[i]) * Double(filter[w])
      inputGradient[i] += Double(gradient[o]) * Double(filter[w])
      filterGradient[w] += Double(gradient[o]) * Double(input[i])
    }
    expected = expected.map { $0.clamped(-1, 6) }
    var shape = example.shape
    for threads in 1...3 as ClosedRange<Int32> {
      var y = [Float](repeating: .nan, count: gradient.count)
      var dx = [Float](repeating: .nan, count: input.count)
      var dw = [Float](repeating: .nan, count: filter.count)
      set.run {
        apus_depthwise_forward(&shape, input, filter, bias, -1, 6, &y, threads)
        apus_depthwise_input_gradient(&shape, gradient, filter, &dx, threads)
        withScratch(apus_depthwise_filter_gradient_scratch_bytes(&shape, threads)) {
          apus_depthwise_filter_gradient(&shape, input, gradient, &dw, $0, threads)
        }
      }
      #expect(difference(y, expected) < 1e-5)
      #expect(difference(dx, inputGradient) < 1e-5)
      #expect(difference(dw, filterGradient, scale: 10) < 1e-5)
    }
  }
}
