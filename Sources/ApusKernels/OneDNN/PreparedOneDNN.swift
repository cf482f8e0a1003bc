import ApusTensors
import COneDNN
import Synchronization

/// A primitive of oneDNN for fixed types; the operands go to it in the operation's order.
final class PreparedOneDNN: PreparedKernel {
  private let operation: String
  private let primitive: OpaquePointer
  let scratchByteCount: Int
  let description: String

  /// Makes a primitive that runs on `threads` threads, or nil where oneDNN has none.
  init?(
    _ operation: String, threads: Int,
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
    self.primitive = primitive
    scratchByteCount = apus_dnn_scratch_bytes(primitive)
    description = "oneDNN " + String(cString: apus_dnn_implementation(primitive))
  }

  deinit { apus_dnn_destroy(primitive) }

  func run(_ operands: KernelOperands) throws(KernelFailure) {
    let status = apus_dnn_execute(
      primitive, operands.inputs[0], operands.inputs[1], nil, operands.outputs[0],
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
