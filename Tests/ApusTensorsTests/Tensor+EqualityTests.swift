import ApusTensors
import Testing

@Suite struct TensorEqualityTests {
  @Test func shapesTypesAndNumbersCount() {
    let tensor = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    #expect(tensor == Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]))
    #expect(tensor != Tensor([1, 2, 3, 4] as [Float]))
    #expect(tensor != Tensor([1, 2, 3, 5] as [Float], shape: [2, 2]))
    #expect(tensor != Tensor([1, 2, 3, 4] as [Double], shape: [2, 2]))
    #expect(Tensor([1, 2] as [Int64]) != Tensor([1, 3] as [Int64]))
  }

  @Test func numbersOrBits() {
    let (zero, negative) = (Tensor(Float(0)), Tensor(-Float(0)))
    #expect(zero == negative)
    #expect(!zero.hasSameBits(as: negative))
    let nan = Tensor(Float.nan)
    #expect(nan != nan)
    #expect(nan.hasSameBits(as: nan))
    let short = Tensor(BFloat16(0))
    #expect(short == Tensor(BFloat16(-0.0)))
  }
}
