import ApusGraph
import ApusKernels
import ApusTensors
import Testing

/// The reference kernels that move elements against NumPy.
///
/// `a = np.arange(24.).reshape(2, 3, 4)`.
struct ReferenceShapingTests {
  private let a = sequence([2, 3, 4]) { $0 }

  private func value(_ operation: any Operation, _ inputs: Tensor...) throws -> [Double] {
    try KernelRun.reference(operation, inputs).outputs[0].doubles
  }

  @Test func transpose() throws {
    // a.transpose(2, 0, 1)
    let expected: [Double] = [
      0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23,
    ]
    #expect(try value(Transpose(permutation: [2, 0, 1]), a) == expected)
  }

  @Test func slice() throws {
    // a[:, 1:3, 0:4:2]
    let slice = Slice(starts: [0, 1, 0], ends: [2, 3, 4], steps: [1, 1, 2])
    #expect(try value(slice, a) == [4, 6, 8, 10, 16, 18, 20, 22])
  }

  @Test func reverse() throws {
    // a[::-1, :, ::-1]
    let expected: [Double] = [
      15, 14, 13, 12, 19, 18, 17, 16, 23, 22, 21, 20, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8,
    ]
    #expect(try value(Reverse(axes: [0, 2]), a) == expected)
  }

  @Test func pad() throws {
    // np.pad(np.arange(4.).reshape(2, 2), ((1, 0), (0, 2)), constant_values=-1)
    let pad = Pad(before: [1, 0], after: [0, 2], value: -1)
    let expected: [Double] = [-1, -1, -1, -1, 0, 1, -1, -1, 2, 3, -1, -1]
    #expect(try value(pad, sequence([2, 2]) { $0 }) == expected)
  }

  @Test func broadcast() throws {
    // np.broadcast_to(np.array([[1.], [2]]), (2, 2, 3))
    let expected: [Double] = [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]
    #expect(try value(Broadcast(shape: [2, 2, 3]), floats([1, 2], [2, 1])) == expected)
  }

  @Test func concatenateAndSplitUndoEachOther() throws {
    let (first, second) = (floats([1, 2, 3, 4], [2, 2]), floats([5, 6], [2, 1]))
    let joined = try KernelRun.reference(Concatenate(axis: 1), [first, second]).outputs[0]
    #expect(joined.doubles == [1, 2, 5, 3, 4, 6])
    let parts = try KernelRun.reference(Split(axis: 1, extents: [2, 1]), [joined]).outputs
    #expect(parts.map(\.doubles) == [[1, 2, 3, 4], [5, 6]])
  }
}
