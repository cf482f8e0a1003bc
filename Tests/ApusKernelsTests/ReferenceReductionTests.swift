import ApusGraph
import ApusKernels
import ApusTensors
import Glibc
import Testing

/// The reference kernels of reductions against NumPy.
///
/// `b = np.sin(np.arange(24.).reshape(2, 3, 4) * 1.7)`.
struct ReferenceReductionTests {
  private let b = sequence([2, 3, 4]) { sin($0 * 1.7) }

  private func value(_ operation: any Operation, _ inputs: Tensor...) throws -> [Double] {
    try KernelRun.reference(operation, inputs).outputs[0].doubles
  }

  @Test(arguments: [
    // b.sum(axis=(0, 2)), and so on
    (Reduction.Kind.sum, [0.08872524, 0.31319151, 0.45585058]),
    (.mean, [0.01109065, 0.03914894, 0.05698132]),
    (.maximum, [0.9997929, 0.87927306, 0.9856003]),
    (.minimum, [-0.97179845, -0.72836077, -0.96139749]),
    (.product, [0, 0.04950651, 0.00682516]),
  ])
  func overTwoAxes(_ kind: Reduction.Kind, _ expected: [Double]) throws {
    for keepsAxes in [false, true] {
      let reduction = Reduction(kind: kind, axes: [0, 2], keepsAxes: keepsAxes)
      #expect(difference(try value(reduction, b), expected) < 1e-6)
    }
  }

  @Test func overOneAxis() throws {
    // b.sum(axis=1)
    let expected = [
      1.35327517, 2.1868925, -1.91681328, -1.69295082, 2.40814865, -1.60394061, -1.99483082,
      2.11798654,
    ]
    #expect(difference(try value(Reduction(kind: .sum, axes: [1]), b), expected) < 1e-6)
  }

  @Test func argMax() throws {
    // b.argmax(axis=1), b.argmax(axis=2)
    #expect(try value(ArgMax(axis: 1), b) == [2, 0, 0, 2, 0, 0, 2, 2])
    #expect(try value(ArgMax(axis: 2), b) == [1, 1, 0, 0, 0, 3])
    // np.argmax([1, 3, 3]), np.argmax([1, nan, 3, nan])
    #expect(try value(ArgMax(axis: 0), Tensor([1.0, 3, 3])) == [1])
    #expect(try value(ArgMax(axis: 0), Tensor([1.0, .nan, 3, .nan])) == [1])
  }
}
