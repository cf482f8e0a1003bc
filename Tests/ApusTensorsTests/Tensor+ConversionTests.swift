import ApusTensors
import Testing

@Suite struct TensorConversionTests {
  let floats = Tensor([-1.5, 0, 0.9, 300.7, 1e30, .nan, -.infinity] as [Float])

  @Test func floatsBecomeTheNearestIntegerTowardsZero() {
    #expect(floats.converted(to: .uint8).scalars(as: UInt8.self) == [0, 0, 0, 255, 255, 0, 0])
    #expect(
      floats.converted(to: .int32).scalars(as: Int32.self)
        == [-1, 0, 0, 300, .max, 0, .min])
    #expect(
      floats.converted(to: .int64).scalars(as: Int64.self)
        == [-1, 0, 0, 300, .max, 0, .min])
    #expect(
      floats.converted(to: .bool).scalars(as: Bool.self)
        == [true, false, true, true, true, true, true])
  }

  @Test func integersAreClampedAndKeepEveryBit() {
    let large = Tensor([Int64.max, (1 << 53) + 1, -1, 256])
    #expect(large.converted(to: .int32).scalars(as: Int32.self) == [.max, .max, -1, 256])
    #expect(large.converted(to: .uint8).scalars(as: UInt8.self) == [255, 255, 0, 255])
    #expect(large.converted(to: .int64).hasSameBits(as: large))
  }

  @Test func floatsAreRoundedOnce() {
    let doubles = Tensor([0.1, 1 + 0x1p-24, 1e300])
    #expect(
      doubles.converted(to: .float32).scalars(as: Float.self) == [0.1, 1, .infinity])
    // 2⁵⁴ + 2³⁰ + 1 lies above a tie; a Double on the way would round it onto the tie.
    let integer = Tensor([Int64(1 << 54) + (1 << 30) + 1])
    #expect(
      integer.converted(to: .float32).scalars(as: Float.self)
        == [Float(Int64(1 << 54) + (1 << 31))])
    #expect(Tensor([true, false]).converted(to: .float32).scalars(as: Float.self) == [1, 0])
    #expect(
      Tensor([1.00390625, 3] as [Float]).converted(to: .bfloat16).doubles == [1, 3])
  }

  @Test(arguments: DataType.allCases)
  func smallIntegersSurviveEveryPair(dataType: DataType) {
    let numbers = Tensor([0, 1, 1, 0] as [UInt8], shape: [2, 2])
    for other in DataType.allCases {
      let there = numbers.converted(to: dataType).converted(to: other)
      #expect(there.type == TensorType([2, 2], other))
      #expect(there.doubles == [0, 1, 1, 0])
    }
  }
}
