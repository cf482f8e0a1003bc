import ApusGraph
import ApusTensors

/// One call of the C kernels with everything known but the operands' addresses.
protocol VectorCall {
  associatedtype Attributes: Operation

  /// The call for operands of given types, or nil where the C kernels do not take them.
  init?(_ operation: Attributes, _ request: KernelRequest)

  var scratchByteCount: Int { get }
  var aliasableOperands: [(input: Int, output: Int)] { get }

  /// Computes the outputs; allocates nothing.
  func run(_ operands: KernelOperands) throws(KernelFailure)
}

extension VectorCall {
  var scratchByteCount: Int { 0 }
  var aliasableOperands: [(input: Int, output: Int)] { [] }
}

/// A kernel of one operation that is one call of the C kernels.
struct VectorKernel<Call: VectorCall>: Kernel {
  func prepare(_ request: KernelRequest) -> (any PreparedKernel)? {
    guard let operation = request.operation as? Call.Attributes,
      let call = Call(operation, request)
    else { return nil }
    return PreparedVector(call)
  }
}

private final class PreparedVector<Call: VectorCall>: PreparedKernel {
  private let call: Call
  let description: String

  init(_ call: Call) {
    self.call = call
    description = "vector \(instructionSet)"
  }

  var scratchByteCount: Int { call.scratchByteCount }
  var aliasableOperands: [(input: Int, output: Int)] { call.aliasableOperands }

  func run(_ operands: KernelOperands) throws(KernelFailure) { try call.run(operands) }
}

extension KernelRequest {
  /// Whether every operand is of type float32.
  var isFloat32: Bool {
    inputs.allSatisfy { $0.dataType == .float32 } && outputs.allSatisfy { $0.dataType == .float32 }
  }
}

extension KernelOperands {
  /// The numbers of an input of type float32.
  func floats(_ input: Int) -> UnsafePointer<Float> {
    inputs[input].assumingMemoryBound(to: Float.self)
  }

  /// The numbers of an output of type float32.
  func results(_ output: Int) -> UnsafeMutablePointer<Float> {
    outputs[output].assumingMemoryBound(to: Float.self)
  }
}

extension TensorType {
  /// The extents as rows of the last axis; a scalar is one row of one.
  var rows: (count: Int, width: Int) {
    let width = shape.extents.last ?? 1
    return (width == 0 ? 0 : shape.count / width, width)
  }

  /// The bytes of one row along all axes but the first.
  var innerByteCount: Int {
    shape.extents.dropFirst().reduce(dataType.byteCount, *)
  }
}
