import ApusGraph
import ApusTensors
import Testing

/// Shapes that are not plain from the golden numbers: rules, simplifications, extents of zero.
struct ShapeRuleTests {
  static let broadcasts: [(first: Shape, second: Shape, result: Shape)] = [
    ([2, 3], [3], [2, 3]), ([3, 1], [1, 4], [3, 4]), ([], [2], [2]), ([1, 3], [0, 1], [0, 3]),
    ([5, 1, 2], [4, 1], [5, 4, 2]),
  ]

  @Test(arguments: broadcasts)
  func operatorsBroadcast(first: Shape, second: Shape, result: Shape) throws {
    let x = try placeholders(first, second)
    #expect(try (x[0] + x[1]).shape == result)
    #expect(try (x[1] * x[0]).shape == result)
  }

  @Test func samePaddingIsTensorFlows() {
    func padding(_ extent: Int, _ window: Int, _ stride: Int, _ dilation: Int = 1) -> [Int] {
      let padding = PaddingRule.same.padding(
        input: Size2D(extent), window: Size2D(window), strides: Size2D(stride),
        dilations: Size2D(dilation))
      return [padding.top, padding.bottom]
    }
    #expect(padding(56, 3, 1) == [1, 1])
    #expect(padding(56, 3, 2) == [0, 1])
    #expect(padding(7, 3, 2) == [1, 1])
    #expect(padding(5, 2, 1) == [0, 1])
    #expect(padding(8, 3, 1, 2) == [2, 2])
    #expect(padding(5, 1, 3) == [0, 0])
    #expect(padding(1, 3, 2) == [1, 1])
  }

  static let transposed: [(padding: PaddingRule, stride: Int, window: Int, extent: Int)] = [
    (.same, 2, 3, 10), (.valid, 2, 3, 11), (.valid, 3, 2, 15),
    (.explicit(Padding2D(vertical: 1, horizontal: 1)), 2, 3, 9),
  ]

  @Test(arguments: transposed)
  func transposedConvolutionsHaveKerasExtents(
    padding: PaddingRule, stride: Int, window: Int, extent: Int
  ) throws {
    let x = try placeholders([2, 5, 5, 3], Shape([window, window, 4, 3]))
    let y = try x[0].transposedConvolution2D(
      with: x[1], strides: Size2D(stride), padding: padding)
    #expect(y.shape == [2, extent, extent, 4])
  }

  @Test func whatChangesNothingIsLeftOut() throws {
    let x = try placeholders([2, 3, 1])[0]
    #expect(try x.reshaped(to: [2, 3, 1]) == x)
    #expect(try x.transposed([0, 1, 2]) == x)
    #expect(try x.broadcast(to: [2, 3, 1]) == x)
    #expect(try x.cast(to: .float32) == x)
    #expect(try x.sliced(alongAxis: 1) == x)
    #expect(try x.padded(before: [0, 0, 0], after: [0, 0, 0]) == x)
    #expect(try Node.concatenated([x], alongAxis: 0) == x)
    #expect(try x.split(into: 1, alongAxis: 1) == [x])
    #expect(try x.reversed(alongAxes: []) == x)
    #expect(try x * 1 == x)
    #expect(try 0 + x == x)
    #expect(try x / 1 - 0 == x)
    #expect(try x.raised(to: 1) == x)
    #expect(try x.sum(overAxes: []) == x)
    #expect(try x.sum(overAxes: [2], keepingAxes: true) == x)
    let key = try placeholders([.randomKey])[0]
    #expect(try x.dropout(rate: 0, key: key, stream: 0) == x)
  }

  @Test func anIdentityNeverWidensATypeOrShape() throws {
    let scalar = try placeholders(Shape([]))[0]
    let ones = try Node.filled(1, like: TensorType([2, 3]))
    #expect(try (scalar * ones).shape == [2, 3])
    #expect(try (ones * scalar).shape == [2, 3])
  }

  @Test func reductionsKeepOrDropTheirAxes() throws {
    let x = try placeholders([2, 3, 4])[0]
    #expect(try x.sum().shape == [])
    #expect(try x.mean(overAxes: [-1]).shape == [2, 3])
    #expect(try x.max(overAxes: [0, -1], keepingAxes: true).shape == [1, 3, 1])
    #expect(try x.logSumExp(overAxes: [1]).shape == [2, 4])
    #expect(try x.norm(overAxes: [0, 1]).shape == [4])
    #expect(try x.variance(keepingAxes: true).shape == [1, 1, 1])
    #expect(try x.argMax(alongAxis: 1).type == TensorType([2, 4], .int64))
  }

  @Test func convolutionsOfNoPicturesGiveNone() throws {
    let x = try placeholders([0, 5, 5, 3], [3, 3, 3, 4])
    let y = try x[0].convolution2D(with: x[1])
    #expect(y.shape == [0, 3, 3, 4])
    #expect(try gradients(of: y, with: x).map(\.shape) == x.map(\.shape))
  }

  @Test func oneMatrixIsMultipliedWithAllRows() throws {
    let x = try placeholders([2, 3, 4], [4, 5])
    let y = try x[0].matrixProduct(with: x[1])
    #expect(y.shape == [2, 3, 5])
    #expect(y.inputs[0].inputs[0].shape == [6, 4])
  }

  @Test func equalOperationsAreEqual() throws {
    #expect(Slice(starts: [0], ends: [2], steps: [1]) == Slice(starts: [0], ends: [2], steps: [1]))
    #expect(Dropout(rate: 0.5, stream: 0) != Dropout(rate: 0.5, stream: 1))
    #expect(
      Constant(Tensor([1, 2] as [Float])) != Constant(Tensor([1, 3] as [Float])))
  }
}
