import ApusTensors
import CKernels
import COneDNN
import Synchronization

/// A primitive of oneDNN for fixed types; the two factors go to it in the operation's order.
final class PreparedOneDNN: PreparedKernel {
  private let operation: String
  private let primitive: OpaquePointer
  let scratchByteCount: Int
  let description: String
  private let bias: Int?
  private let addend: (input: Int, byteCount: Int)?
  private let threads: Int32

  /// Makes a primitive that runs on `threads` threads, or nil where oneDNN has none.
  ///
  /// - Parameters:
  ///   - bias: the input that is the bias.
  ///   - addend: the input that the result is added to, in place, and its size.
  init?(
    _ operation: String, threads: Int, bias: Int? = nil,
    addend: (input: Int, byteCount: Int)? = nil,
    create: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
  ) {
    let made = threadSetting.withLock { _ in
      var primitive: OpaquePointer?
      apus_dnn_set_threads(Int32(threads))
      let status = create(&primitive)
      return UInt(bitPattern: status == 0 ? primitive : nil)
    }
    guard let primitive = OpaquePointer(bitPattern: made) else { return nil }
    self.operation = operation
    (self.bias, self.addend, self.threads) = (bias, addend, Int32(threads))
    self.primitive = primitive
    scratchByteCount = apus_dnn_scratch_bytes(primitive)
    description = "oneDNN " + String(cString: apus_dnn_implementation(primitive))
  }

  deinit { apus_dnn_destroy(primitive) }

  var aliasableOperands: [(input: Int, output: Int)] { addend.map { [($0.input, 0)] } ?? [] }

  func run(_ operands: KernelOperands) throws(KernelFailure) {
    if let addend, operands.inputs[addend.input] != UnsafeRawPointer(operands.outputs[0]) {
      apus_copy(operands.outputs[0], operands.inputs[addend.input], addend.byteCount, threads)
    }
    let status = apus_dnn_execute(
      primitive, operands.inputs[0], operands.inputs[1],
      bias.map { operands.inputs[$0].assumingMemoryBound(to: Float.self) }, operands.outputs[0],
      operands.scratch)
    guard status == 0 else {
      let reason = String(cString: apus_dnn_status_text(status))
      throw KernelFailure(operation: operation, message: "oneDNN stopped: \(reason)")
    }
  }
}

/// Held while a primitive is made: the number of threads is a setting of the whole process.
private let threadSetting = Mutex(())

extension DataType {
  /// oneDNN's name of the type, or nil where it multiplies no such numbers.
  var oneDNN: apus_dnn_type? {
    switch self {
    case .float32: APUS_DNN_FLOAT32
    case .bfloat16: APUS_DNN_BFLOAT16
    default: nil
    }
  }
}

extension KernelRequest {
  /// The types of the factors and of the result of a product, where oneDNN takes them.
  var oneDNNTypes: (operands: apus_dnn_type, result: apus_dnn_type)? {
    guard inputs.count == 2, inputs[0].dataType == inputs[1].dataType,
      let operands = inputs[0].dataType.oneDNN, let result = outputs[0].dataType.oneDNN
    else { return nil }
    return (operands, result)
  }
}
