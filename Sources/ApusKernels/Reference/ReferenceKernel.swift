import ApusGraph
import ApusTensors

/// The plain serial loop that defines an operation, over numbers held as `Double`.
///
/// Whatever the data type: a bool is 0 or 1, and an integer is exact up to 2⁵³.
package protocol ReferenceKernel: Sendable {
  /// Computes the outputs of `operation`.
  func run(
    _ operation: any Operation, inputs: [ReferenceOperand], outputs: [ReferenceOperand]
  ) throws(KernelFailure)
}

/// One operand of a reference kernel: its numbers, row by row.
package struct ReferenceOperand {
  package let shape: Shape
  package let values: UnsafeMutableBufferPointer<Double>

  package init(shape: Shape, values: UnsafeMutableBufferPointer<Double>) {
    self.shape = shape
    self.values = values
  }

  /// The number of elements.
  package var count: Int { values.count }

  package subscript(index: Int) -> Double {
    get { values[index] }
    nonmutating set { values[index] = newValue }
  }
}

/// The reference kernel of the operation called `name`, or nil where there is none.
package func referenceKernel(for name: String) -> (any ReferenceKernel)? { referenceKernels[name] }

/// A reference kernel that takes one type of operation, so its body reads the attributes directly.
protocol TypedReferenceKernel: ReferenceKernel {
  associatedtype Attributes: Operation

  func compute(
    _ operation: Attributes, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) throws(KernelFailure)
}

extension TypedReferenceKernel {
  package func run(
    _ operation: any Operation, inputs: [ReferenceOperand], outputs: [ReferenceOperand]
  ) throws(KernelFailure) {
    guard let operation = operation as? Attributes else {
      preconditionFailure("planner bug: \(Self.self) was given \(operation)")
    }
    try compute(operation, inputs, outputs)
  }
}
