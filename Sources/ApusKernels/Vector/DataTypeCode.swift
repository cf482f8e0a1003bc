import ApusTensors
import CKernels

extension DataType {
  /// The C kernels' name of the type.
  var code: apus_type {
    switch self {
    case .float32: .APUS_FLOAT32
    case .bfloat16: .APUS_BFLOAT16
    case .float64: .APUS_FLOAT64
    case .int32: .APUS_INT32
    case .int64: .APUS_INT64
    case .uint8: .APUS_UINT8
    case .bool: .APUS_BOOL
    }
  }
}
