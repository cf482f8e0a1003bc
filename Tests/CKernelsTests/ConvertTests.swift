import CKernels
import Testing

@Suite struct ConvertTests {
  private static let reals: [Double] = [
    0, 1, -1, 0.5, -0.5, 2.7, -2.7, 255.9, 256, -3, 2_147_483_648, -2_147_483_904, 1e19, -1e19,
    .infinity, -.infinity, .nan, 1.00390625, 1.01171875,
  ]

  private func convert<From: BitwiseCopyable, To: BitwiseCopyable>(
    _ values: [From], _ from: apus_type, to: apus_type, _ zero: To
  ) -> [To] {
    var result = [To](repeating: zero, count: values.count)
    #expect(apus_convert(&result, to, values, from, Int64(values.count), 2))
    return result
  }

  private func clamped<Number: FixedWidthInteger>(_ value: Double, _: Number.Type) -> Number {
    if value.isNaN { return 0 }
    if value >= Double(Number.max) { return .max }
    return value <= Double(Number.min) ? .min : Number(value)
  }

  @Test(arguments: InstructionSet.all) func realsToOthers(_ set: InstructionSet) {
    set.run {
      let doubles = (0..<10).flatMap { _ in Self.reals }, floats = doubles.map { Float($0) }
      let exact = floats.map { Double($0) }
      #expect(
        convert(floats, .APUS_FLOAT32, to: .APUS_INT32, Int32(0))
          == exact.map { clamped($0, Int32.self) })
      #expect(
        convert(floats, .APUS_FLOAT32, to: .APUS_INT64, Int64(0))
          == exact.map { clamped($0, Int64.self) })
      #expect(
        convert(floats, .APUS_FLOAT32, to: .APUS_UINT8, UInt8(0))
          == exact.map { clamped($0, UInt8.self) })
      #expect(
        convert(doubles, .APUS_FLOAT64, to: .APUS_INT32, Int32(0))
          == doubles.map { clamped($0, Int32.self) })
      #expect(
        convert(doubles, .APUS_FLOAT64, to: .APUS_INT64, Int64(0))
          == doubles.map { clamped($0, Int64.self) })
      #expect(
        convert(floats, .APUS_FLOAT32, to: .APUS_BOOL, UInt8(9)) == floats.map { $0 != 0 ? 1 : 0 })
      #expect(difference(convert(doubles, .APUS_FLOAT64, to: .APUS_FLOAT32, Float(0)), exact) == 0)
      let halves = convert(floats, .APUS_FLOAT32, to: .APUS_BFLOAT16, UInt16(0))
      #expect(halves == floats.map(roundedToBFloat16))
      let back = convert(halves, .APUS_BFLOAT16, to: .APUS_FLOAT32, Float(0))
      #expect(difference(back, halves.map { Double(Float(bitPattern: UInt32($0) << 16)) }) == 0)
    }
  }

  @Test(arguments: InstructionSet.all) func integersToOthers(_ set: InstructionSet) {
    let whole = [0, 1, -1, 255, 256, -300, 1 << 31, .max, .min, 16_777_217] as [Int64]
    set.run {
      #expect(convert(whole, .APUS_INT64, to: .APUS_FLOAT32, Float(0)) == whole.map { Float($0) })
      #expect(convert(whole, .APUS_INT64, to: .APUS_FLOAT64, 0.0) == whole.map { Double($0) })
      #expect(
        convert(whole, .APUS_INT64, to: .APUS_INT32, Int32(0))
          == whole.map { Int32(truncatingIfNeeded: $0) })
      #expect(
        convert(whole, .APUS_INT64, to: .APUS_BOOL, UInt8(9)) == whole.map { $0 != 0 ? 1 : 0 })
      let bytes = [0, 1, 2, 255] as [UInt8]
      #expect(convert(bytes, .APUS_BOOL, to: .APUS_FLOAT32, Float(0)) == [0, 1, 1, 1])
      #expect(convert(bytes, .APUS_UINT8, to: .APUS_INT64, Int64(0)) == [0, 1, 2, 255])
      var scaled = [Float](repeating: 0, count: 4)
      apus_convert_bytes(&scaled, bytes, 4, 2, -1, 1)
      #expect(scaled == [-1, 1, 3, 509])
    }
  }

  @Test func unknownTypesAreRefused() throws {
    let unknown = try #require(apus_type(rawValue: 7))
    var result = [Float](repeating: 0, count: 1)
    #expect(!apus_convert(&result, unknown, [1 as Float], .APUS_FLOAT32, 1, 1))
  }
}
