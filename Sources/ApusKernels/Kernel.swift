import ApusGraph
import ApusTensors

/// Makes one operation ready to run for operands of known types.
package protocol Kernel: Sendable {
  /// The kernel for the operation and types of `request`, or nil where it does not take them.
  ///
  /// All work that depends on types alone happens here, so that running only computes.
  func prepare(_ request: KernelRequest) throws -> (any PreparedKernel)?
}

/// What a kernel is asked for: one operation and the types of its operands.
package struct KernelRequest: Sendable {
  package let operation: any Operation
  package let inputs: [TensorType]
  package let outputs: [TensorType]
  /// How many threads may work on it.
  package let threads: Int

  package init(
    operation: any Operation, inputs: [TensorType], outputs: [TensorType], threads: Int
  ) {
    self.operation = operation
    self.inputs = inputs
    self.outputs = outputs
    self.threads = threads
  }
}

/// One operation with its types fixed, ready to run any number of times.
package protocol PreparedKernel: AnyObject {
  /// The bytes of 64-byte aligned scratch that ``run(_:)`` needs; nothing in it is kept.
  var scratchByteCount: Int { get }

  /// Outputs that may be written over an input: the engine may give both the same pointer.
  var aliasableOperands: [(input: Int, output: Int)] { get }

  /// The implementation, as profiles show it: "oneDNN brgconv:avx512_core", "reference".
  var description: String { get }

  /// Computes the outputs.
  ///
  /// Fast kernels allocate nothing here.
  func run(_ operands: KernelOperands) throws(KernelFailure)
}

extension PreparedKernel {
  package var scratchByteCount: Int { 0 }
  package var aliasableOperands: [(input: Int, output: Int)] { [] }
}

/// Where the operands of one run are; memory that holds no number may be any address.
package struct KernelOperands {
  package let inputs: UnsafePointer<UnsafeRawPointer>
  package let outputs: UnsafePointer<UnsafeMutableRawPointer>
  package let scratch: UnsafeMutableRawPointer

  package init(
    inputs: UnsafePointer<UnsafeRawPointer>, outputs: UnsafePointer<UnsafeMutableRawPointer>,
    scratch: UnsafeMutableRawPointer
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.scratch = scratch
  }
}
