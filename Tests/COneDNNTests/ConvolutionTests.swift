import COneDNN
import Testing

struct ConvolutionCase: Sendable, CustomTestStringConvertible {
  var batch = 2
  var size: (Int, Int)
  var channels: (Int, Int)
  var groups = 1
  var filter: (Int, Int)
  var strides = (1, 1)
  var dilations = (1, 1)
  /// Top, bottom, left, right.
  var padding = (0, 0, 0, 0)

  var testDescription: String {
    "\(batch)×\(size) \(channels) groups \(groups) filter \(filter) strides \(strides) "
      + "dilations \(dilations) padding \(padding)"
  }

  static let all: [ConvolutionCase] = [
    .init(size: (9, 9), channels: (16, 32), filter: (3, 3), padding: (1, 1, 1, 1)),
    .init(size: (10, 9), channels: (3, 32), filter: (3, 3), strides: (2, 2), padding: (0, 1, 0, 1)),
    .init(
      batch: 1, size: (12, 11), channels: (5, 7), filter: (3, 2), strides: (2, 1),
      dilations: (2, 3), padding: (2, 0, 1, 3)),
    .init(batch: 3, size: (8, 7), channels: (19, 33), filter: (1, 1)),
    .init(size: (8, 8), channels: (16, 32), filter: (1, 1), strides: (2, 2)),
    .init(size: (7, 8), channels: (16, 32), filter: (1, 1), padding: (1, 0, 0, 2)),
    .init(size: (8, 8), channels: (32, 64), groups: 4, filter: (3, 3), padding: (1, 1, 1, 1)),
    .init(
      size: (8, 9), channels: (6, 9), groups: 3, filter: (3, 3), strides: (2, 1),
      dilations: (1, 2), padding: (1, 0, 2, 1)),
    .init(size: (8, 8), channels: (32, 32), groups: 32, filter: (3, 3), padding: (1, 1, 1, 1)),
    .init(
      size: (8, 8), channels: (64, 64), groups: 64, filter: (3, 3), strides: (2, 2),
      padding: (0, 1, 0, 1)),
    .init(
      size: (1, 1), channels: (32, 32), groups: 32, filter: (3, 3), strides: (2, 2),
      padding: (1, 1, 1, 1)),
    .init(
      size: (8, 8), channels: (19, 19), groups: 19, filter: (3, 3), dilations: (2, 2),
      padding: (2, 2, 2, 2)),
    .init(size: (8, 8), channels: (12, 24), groups: 12, filter: (3, 3), padding: (1, 1, 1, 1)),
    .init(batch: 1, size: (1, 1), channels: (8, 8), filter: (3, 3), padding: (1, 1, 1, 1)),
    .init(batch: 1, size: (1, 1), channels: (64, 10), filter: (1, 1)),
    .init(batch: 1, size: (28, 28), channels: (1, 6), filter: (5, 5), padding: (2, 2, 2, 2)),
    // An output row that sees padding only, with every epilogue, crashes oneDNN 2.6.3 itself.
    .init(size: (14, 14), channels: (33, 65), filter: (3, 3), padding: (3, 2, 1, 0)),
  ]

  func description(_ kind: apus_dnn_convolution_kind) -> apus_dnn_convolution {
    var c = apus_dnn_convolution()
    c.kind = kind
    c.batch = Int64(batch)
    (c.height, c.width) = (Int64(size.0), Int64(size.1))
    (c.input_channels, c.output_channels) = (Int64(channels.0), Int64(channels.1))
    c.groups = Int64(groups)
    (c.filter_height, c.filter_width) = (Int64(filter.0), Int64(filter.1))
    (c.stride_height, c.stride_width) = (Int64(strides.0), Int64(strides.1))
    (c.dilation_height, c.dilation_width) = (Int64(dilations.0), Int64(dilations.1))
    (c.padding_top, c.padding_bottom) = (Int64(padding.0), Int64(padding.1))
    (c.padding_left, c.padding_right) = (Int64(padding.2), Int64(padding.3))
    return c
  }

  var output: (Int, Int) {
    let reach = ((filter.0 - 1) * dilations.0, (filter.1 - 1) * dilations.1)
    return (
      (size.0 + padding.0 + padding.1 - reach.0 - 1) / strides.0 + 1,
      (size.1 + padding.2 + padding.3 - reach.1 - 1) / strides.1 + 1
    )
  }

  var inputCount: Int { batch * size.0 * size.1 * channels.0 }
  var filterCount: Int { filter.0 * filter.1 * channels.0 / groups * channels.1 }
  var outputCount: Int { batch * output.0 * output.1 * channels.1 }

  /// Calls `body` with the flat indices (input, filter, output) of every product.
  func forEachProduct(_ body: (Int, Int, Int) -> Void) {
    let inputs = channels.0 / groups, outputs = channels.1 / groups
    for n in 0..<batch {
      for y in 0..<output.0 {
        for x in 0..<output.1 {
          for (dy, dx) in taps {
            let row = y * strides.0 + dy * dilations.0 - padding.0
            let column = x * strides.1 + dx * dilations.1 - padding.2
            guard 0..<size.0 ~= row, 0..<size.1 ~= column else { continue }
            let pixel = ((n * size.0 + row) * size.1 + column) * channels.0
            let place = ((n * output.0 + y) * output.1 + x) * channels.1
            for o in 0..<channels.1 {
              for i in 0..<inputs {
                let weight = ((dy * filter.1 + dx) * inputs + i) * channels.1 + o
                body(pixel + o / outputs * inputs + i, weight, place + o)
              }
            }
          }
        }
      }
    }
  }

  /// Whether some element of the filter meets the picture at each position of the output.
  var everyWindowSeesThePicture: Bool {
    var seeing: Set<Int> = []
    forEachProduct { _, _, output in seeing.insert(output) }
    return seeing.count == outputCount
  }

  private var taps: [(Int, Int)] {
    (0..<filter.0).flatMap { y in (0..<filter.1).map { x in (y, x) } }
  }
}

let typePairs = [
  (APUS_DNN_FLOAT32, APUS_DNN_FLOAT32), (APUS_DNN_BFLOAT16, APUS_DNN_FLOAT32),
  (APUS_DNN_BFLOAT16, APUS_DNN_BFLOAT16),
]

@Test(arguments: ConvolutionCase.all)
func convolutionMatchesLoops(_ example: ConvolutionCase) throws {
  for (operand, resultType) in typePairs {
    let input = StoredArray(count: example.inputCount, type: operand, seed: 1)
    let filter = StoredArray(count: example.filterCount, type: operand, seed: 2)
    let result = StoredArray(count: example.outputCount, type: resultType, seed: 3)
    let (x, w) = (input.values, filter.values)
    var sums = [Sum](repeating: Sum(), count: result.count)
    example.forEachProduct { i, f, o in sums[o].add(x[i] * w[f]) }
    try check(example.description(APUS_DNN_FORWARD), input, filter, [], result, sums)
  }
}

@Test(arguments: ConvolutionCase.all)
func inputGradientMatchesLoops(_ example: ConvolutionCase) throws {
  for (operand, resultType) in typePairs {
    let output = StoredArray(count: example.outputCount, type: operand, seed: 1)
    let filter = StoredArray(count: example.filterCount, type: operand, seed: 2)
    let result = StoredArray(count: example.inputCount, type: resultType, seed: 3)
    let (y, w) = (output.values, filter.values)
    var sums = [Sum](repeating: Sum(), count: result.count)
    example.forEachProduct { i, f, o in sums[i].add(y[o] * w[f]) }
    try check(example.description(APUS_DNN_INPUT_GRADIENT), output, filter, [], result, sums)
  }
}

@Test(arguments: ConvolutionCase.all)
func filterGradientMatchesLoops(_ example: ConvolutionCase) throws {
  for (operand, resultType) in typePairs {
    let input = StoredArray(count: example.inputCount, type: operand, seed: 1)
    let output = StoredArray(count: example.outputCount, type: operand, seed: 2)
    let result = StoredArray(count: example.filterCount, type: resultType, seed: 3)
    let (x, y) = (input.values, output.values)
    var sums = [Sum](repeating: Sum(), count: result.count)
    example.forEachProduct { i, f, o in sums[f].add(x[i] * y[o]) }
    try check(example.description(APUS_DNN_FILTER_GRADIENT), input, output, [], result, sums)
  }
}

@Test(arguments: ConvolutionCase.all)
func biasAndClampFollowTheConvolution(_ example: ConvolutionCase) throws {
  guard example.everyWindowSeesThePicture else { return try expectRefusal(ofBiasIn: example) }
  for (operand, resultType) in typePairs {
    for high in [Float(1), .infinity] {
      var description = example.description(APUS_DNN_FORWARD)
      (description.has_bias, description.has_clamp) = (true, true)
      (description.clamp_low, description.clamp_high) = (0, high)
      let input = StoredArray(count: example.inputCount, type: operand, seed: 1)
      let filter = StoredArray(count: example.filterCount, type: operand, seed: 2)
      let result = StoredArray(count: example.outputCount, type: resultType, seed: 3)
      let bias = (0..<example.channels.1).map { Float($0 % 5) / 4 - 0.5 }
      let (x, w) = (input.values, filter.values)
      var sums = (0..<result.count).map { index in
        let term = Double(bias[index % bias.count])
        return Sum(value: term, magnitude: abs(term))
      }
      example.forEachProduct { i, f, o in sums[o].add(x[i] * w[f]) }
      for index in sums.indices { sums[index].value = min(max(sums[index].value, 0), Double(high)) }
      try check(description, input, filter, bias, result, sums)
    }
  }
}

/// oneDNN loses the bias where a window sees nothing but padding.
private func expectRefusal(ofBiasIn example: ConvolutionCase) throws {
  var description = example.description(APUS_DNN_FORWARD)
  description.has_bias = true
  var created: OpaquePointer?
  #expect(apus_dnn_convolution_create(&created, &description) == Int32(APUS_DNN_UNSUPPORTED))
  #expect(created == nil)
}

@Test(arguments: ConvolutionCase.all)
func accumulationAddsOrIsRefused(_ example: ConvolutionCase) throws {
  var description = example.description(APUS_DNN_FORWARD)
  (description.accumulates, description.has_clamp) = (true, true)
  (description.clamp_low, description.clamp_high) = (-1, 1)
  let input = StoredArray(count: example.inputCount, type: APUS_DNN_FLOAT32, seed: 1)
  let filter = StoredArray(count: example.filterCount, type: APUS_DNN_FLOAT32, seed: 2)
  let result = StoredArray(count: example.outputCount, type: APUS_DNN_FLOAT32, seed: 3)
  let (x, w) = (input.values, filter.values)
  var sums = result.values.map { Sum(value: $0, magnitude: abs($0)) }
  example.forEachProduct { i, f, o in sums[o].add(x[i] * w[f]) }
  for index in sums.indices { sums[index].value = min(max(sums[index].value, -1), 1) }
  var created: OpaquePointer?
  guard apus_dnn_convolution_create(&created, &description) == 0 else {
    #expect(created == nil)
    return
  }
  apus_dnn_destroy(created)
  try check(description, input, filter, [], result, sums)
}

/// Creates and runs what `settings` describes, with the types of the arrays, and compares.
func check(
  _ settings: apus_dnn_convolution, _ a: StoredArray, _ b: StoredArray, _ bias: [Float],
  _ result: StoredArray, _ sums: [Sum]
) throws {
  var description = settings
  (description.operand_type, description.result_type) = (a.type, result.type)
  var created: OpaquePointer?
  let status = apus_dnn_convolution_create(&created, &description)
  if a.type == APUS_DNN_BFLOAT16 && !apus_dnn_supports_bf16() && status != 0 { return }
  let primitive = try #require(created, "\(String(cString: apus_dnn_status_text(status)))")
  defer { apus_dnn_destroy(primitive) }
  #expect(execute(primitive, a, b, bias, result) == 0)
  let error = largestError(of: result, against: sums)
  let name = String(cString: apus_dnn_implementation(primitive))
  #expect(error < tolerance(of: result.type), "\(name): relative error \(error)")
}
