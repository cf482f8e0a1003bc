import ApusGraph
import ApusKernels
import ApusTensors
import Testing

/// The reference kernels of softmax and cross-entropy against NumPy.
///
/// The logits are `[[1, 2, 3], [0, −1, 5]]`.
struct ReferenceSoftmaxTests {
  private let logits = floats([1, 2, 3, 0, -1, 5], [2, 3])

  private func value(_ operation: any Operation, _ inputs: Tensor...) throws -> [Double] {
    try KernelRun.reference(operation, inputs).outputs[0].doubles
  }

  @Test func softmaxAndItsLogarithm() throws {
    // e = np.exp(l); s = e / e.sum(1, keepdims=True); np.log(s)
    let softmax = [0.09003057, 0.24472847, 0.66524096, 0.00667641, 0.00245611, 0.99086747]
    #expect(difference(try value(Softmax(), logits), softmax) < 1e-7)
    let logarithm = [
      -2.40760596, -1.40760596, -0.40760596, -5.00917448, -6.00917448, -0.00917448,
    ]
    #expect(difference(try value(LogSoftmax(), logits), logarithm) < 1e-7)
    #expect(try value(Softmax(), floats([1000, -1000], [1, 2])) == [1, 0])
  }

  @Test func crossEntropyOfClasses() throws {
    // t = np.eye(3)[[2, 0]] * .9 + .1 / 3; -(t * np.log(s)).sum(1); (s - t) * [[1], [2]]
    let labels = Tensor([Int32(2), 0])
    let loss = try value(SoftmaxCrossEntropy(labelSmoothing: 0.1), logits, labels)
    #expect(difference(loss, [0.50760596, 4.87584115]) < 1e-7)
    let slope = try value(
      SoftmaxCrossEntropyGradient(labelSmoothing: 0.1), logits, labels, floats([1, 2], [2]))
    let expected = [0.05669724, 0.21139514, -0.26809238, -1.85331384, -0.06175444, 1.91506828]
    #expect(difference(slope, expected) < 1e-7)
  }

  @Test func crossEntropyOfWeights() throws {
    // t = [[.2, .3, .1], [0, 1, 1]]; (s * t.sum(1, keepdims=True) - t) * [[1], [2]]
    let labels = floats([0.2, 0.3, 0.1, 0, 1, 1], [2, 3])
    let loss = try value(SoftmaxCrossEntropy(), logits, labels)
    #expect(difference(loss, [0.94456358, 6.01834897]) < 1e-7)
    let slope = try value(SoftmaxCrossEntropyGradient(), logits, labels, floats([1, 2], [2]))
    let expected = [-0.14598166, -0.15316292, 0.29914457, 0.02670565, -1.99017554, 1.96346989]
    #expect(difference(slope, expected) < 1e-7)
  }

  @Test func aLabelThatIsNoClassIsNamed() throws {
    let labels = Tensor([Int32(2), 3])
    let failure = KernelFailure(
      operation: "softmaxCrossEntropy", message: "index 3 at position 1 is outside 0..<3")
    #expect(throws: failure) { try value(SoftmaxCrossEntropy(), logits, labels) }
  }
}
