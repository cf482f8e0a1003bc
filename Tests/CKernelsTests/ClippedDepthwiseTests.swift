import CKernels
import Testing

/// Clipped depthwise convolutions and bfloat16 pooling against plain loops.
@Suite struct ClippedDepthwiseTests {
  static let cases = DepthwiseCase.all.filter { example in
    var job = apus_clipped_depthwise()
    job.shape = example.shape
    return apus_clipped_depthwise_accepts(&job)
  }

  /// Bounds on the way in and on the way out.
  static let bounds: [(Float, Float, Float, Float)] = [
    (-.infinity, .infinity, -.infinity, .infinity), (0, .infinity, -1, 6),
    (-0.5, 1, 0, .infinity),
  ]

  @Test func filtersOfOtherSizesAreRefused() {
    #expect(Self.cases.count == 9)
    #expect(Self.cases.allSatisfy { $0.filter == (3, 3) && $0.multiplier == 1 })
  }

  @Test(arguments: InstructionSet.all, cases)
  func matchesLoops(_ set: InstructionSet, _ example: DepthwiseCase) {
    for (lowIn, highIn, low, high) in Self.bounds {
      var job = apus_clipped_depthwise(
        shape: example.shape, type: .APUS_FLOAT32, input_low: lowIn, input_high: highIn, low: low,
        high: high)
      let count = example.batch * example.size.0 * example.size.1 * example.channels
      let input = numbers(count, seed: 1)
      let filter = numbers(9 * example.channels, seed: 2)
      let bias = numbers(example.channels, seed: 3)
      let expected = sums(example, input, filter, bias, job)
      let (halfInput, halfFilter) = (input.map(roundedToBFloat16), filter.map(roundedToBFloat16))
      let halfExpected = sums(example, halfInput.map(wide), halfFilter.map(wide), bias, job)
      for threads in [Int32(1), 3] {
        var y = [Float](repeating: .nan, count: expected.count)
        set.run { apus_clipped_depthwise_forward(&job, input, filter, bias, &y, threads) }
        #expect(difference(y, expected) < 1e-5)
        var half = [UInt16](repeating: 0xFFFF, count: expected.count)
        job.type = .APUS_BFLOAT16
        set.run {
          apus_clipped_depthwise_forward(&job, halfInput, halfFilter, bias, &half, threads)
        }
        job.type = .APUS_FLOAT32
        // Sums differ in their last bits, so a rounded one may be the neighbour: 2⁻⁷ of its size.
        for (actual, exact) in zip(half.map(wide), halfExpected) {
          #expect((Double(actual) - exact).magnitude <= max(exact.magnitude, 0.01) * 0x1p-7)
        }
      }
    }
  }

  @Test(arguments: InstructionSet.all)
  func outputsTooLargeForCachesAreTheSame(_ set: InstructionSet) {
    let example = DepthwiseCase(batch: 1, size: (1024, 1025), channels: 16)
    var shape = example.shape
    var job = apus_clipped_depthwise(
      shape: shape, type: .APUS_FLOAT32, input_low: -.infinity, input_high: .infinity, low: 0,
      high: 6)
    let count = 1024 * 1025 * 16
    let input = numbers(count)
    let (filter, bias) = (numbers(9 * 16, seed: 2), numbers(16, seed: 3))
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * count, alignment: 64)
    defer { memory.deallocate() }
    guard let address = memory.baseAddress else { return }
    let y = memory.bindMemory(to: Float.self)
    y.initialize(repeating: .nan)
    var expected = [Float](repeating: .nan, count: count)
    set.run {
      apus_depthwise_forward(&shape, input, filter, bias, 0, 6, &expected, 2)
      apus_clipped_depthwise_forward(&job, input, filter, bias, address, 2)
    }
    #expect(zip(y, expected).allSatisfy { ($0 - $1).magnitude <= 1e-5 })
  }

  private func sums(
    _ example: DepthwiseCase, _ input: [Float], _ filter: [Float], _ bias: [Float],
    _ job: apus_clipped_depthwise
  ) -> [Double] {
    let size = example.outputSize
    var sums = [Double](
      repeating: 0, count: example.batch * size.0 * size.1 * example.channels)
    for index in sums.indices { sums[index] = Double(bias[index % example.channels]) }
    example.forEachProduct { i, weight, o in
      let x = min(max(input[i], job.input_low), job.input_high)
      sums[o] += Double(x) * Double(filter[weight])
    }
    return sums.map { min(max($0, Double(job.low)), Double(job.high)) }
  }

  private func wide(_ half: UInt16) -> Float { Float(bitPattern: UInt32(half) << 16) }

  @Test(arguments: InstructionSet.all, [3, 16, 37])
  func bfloat16MaximaAreThoseOfFloat32(_ set: InstructionSet, _ channels: Int) {
    var shape = apus_pooling_shape(
      batch: 2, height: 7, width: 6, channels: Int64(channels), window_height: 3, window_width: 3,
      stride_height: 2, stride_width: 2, pad_top: 1, pad_bottom: 1, pad_left: 0, pad_right: 1)
    let half = numbers(2 * 7 * 6 * channels).map(roundedToBFloat16)
    let count =
      2 * channels * Int(apus_pooling_output_height(&shape))
      * Int(apus_pooling_output_width(&shape))
    var expected = [Float](repeating: .nan, count: count)
    var actual = [UInt16](repeating: 0xFFFF, count: count)
    set.run {
      apus_max_pooling(&shape, half.map(wide), &expected, 2)
      apus_max_pooling_bfloat16(&shape, half, &actual, 2)
    }
    #expect(actual.map(wide) == expected)
  }
}
