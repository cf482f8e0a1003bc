import ApusTensors
import Testing

@Suite struct TensorSlicingTests {
  let cube = Tensor((0..<24).map { Int32($0) }, shape: [2, 3, 4])

  private func expect(_ slice: Tensor, _ shape: Shape, _ numbers: [Int32]) {
    #expect(slice.shape == shape)
    #expect(slice.scalars(as: Int32.self) == numbers)
  }

  @Test func indicesDropTheirAxes() {
    expect(cube[1], [3, 4], Array(12..<24))
    expect(cube[1, 2], [4], [20, 21, 22, 23])
    expect(cube[1, 2, 3], [], [23])
    expect(cube[AxisSlice.all, 1, 2], [2], [6, 18])
  }

  @Test func rangesKeepTheirAxes() {
    expect(cube[0..<1, 1...2, 2...], [1, 2, 2], [6, 7, 10, 11])
    expect(cube[...0, ..<1], [1, 1, 4], [0, 1, 2, 3])
    expect(cube[AxisSlice.all, 1..<3, 0], [2, 2], [4, 8, 16, 20])
  }

  @Test func stepsGoUpAndDown() {
    expect(cube[0, 0, AxisSlice.from(by: 2)], [2], [0, 2])
    expect(cube[0, 0, AxisSlice.from(1, to: 4, by: 2)], [2], [1, 3])
    expect(cube[0, AxisSlice.reversed, 0], [3], [8, 4, 0])
    expect(cube[0, 0, AxisSlice.from(3, to: 0, by: -2)], [2], [3, 1])
    expect(cube[0, 0, AxisSlice.from(by: -3)], [2], [3, 0])
  }

  @Test func emptySlicesAndTensors() {
    expect(cube[2..<2], [0, 3, 4], [])
    let none = Tensor(zeros: TensorType([0, 4], .int32))
    expect(none[AxisSlice.all, 1...2], [0, 2], [])
    expect(none[AxisSlice.reversed], [0, 4], [])
    expect(none[AxisSlice.from(0, to: 0, by: -1)], [0, 4], [])
    expect(cube[AxisSlice.from(1, by: .max), 0, 0], [1], [12])
    let error = #expect(throws: GraphError.self) { try none.sliced([.from(0, by: -1)]) }
    #expect(
      error?.description.hasPrefix(
        "slice: axis 0 has indices 0..<0, the slice goes from 0 to before -1 by -1") == true)
  }

  @Test func aSliceIsACopy() {
    var row = cube[0, 0]
    row.withMutableElements(as: Int32.self) { $0[0] = 99 }
    #expect(cube.scalars(as: Int32.self)[0] == 0)
  }

  @Test func everySliceEqualsThePlainLoop() throws {
    let selections: [(AxisSlice, [Int])] = [
      (.all, [0, 1, 2]), (.from(by: 2), [0, 2]), (.from(1, by: 1), [1, 2]),
      (.from(1, to: 2, by: 1), [1]), (.reversed, [2, 1, 0]), (.from(0, to: 2, by: 1), [0, 1]),
    ]
    let tensor = Tensor((0..<27).map { UInt8($0) }, shape: [3, 3, 3])
    for a in selections {
      for b in selections {
        for c in selections {
          let expected = a.1.flatMap { i in
            b.1.flatMap { j in c.1.map { k in UInt8(i * 9 + j * 3 + k) } }
          }
          #expect(try tensor.sliced([a.0, b.0, c.0]).scalars(as: UInt8.self) == expected)
        }
      }
    }
  }

  @Test(arguments: [
    ([AxisSlice.index(2)], "index 2 of axis 0 is outside 0..<2"),
    ([.index(-1)], "index -1 of axis 0 is outside 0..<2"),
    (
      [.all, .from(1, to: 4, by: 1)], "axis 1 has indices 0..<3, the slice goes from 1 to before 4"
    ),
    ([.from(by: 0)], "the step of axis 0 is zero"),
    ([.all, .all, .all, .all], "expects 4 or more axes, got 3"),
  ])
  func outOfBoundsIsSaid(slices: [AxisSlice], sentence: String) {
    let error = #expect(throws: GraphError.self) { try cube.sliced(slices) }
    #expect(error?.description == "slice: \(sentence); tensor int32[2, 3, 4]")
  }
}
