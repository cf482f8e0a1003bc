import ApusGraph
import ApusTensors
import CKernels

/// Conversion between data types.
///
/// Integers to narrower ones are left to the reference kernel, which stops at the ends of the
/// range.
struct VectorCast: VectorCall {
  private let source: apus_type
  private let target: apus_type
  private let count: Int64
  private let threads: Int32

  init?(_: Cast, _ request: KernelRequest) {
    let (from, to) = (request.inputs[0].dataType, request.outputs[0].dataType)
    let integers: [DataType] = [.uint8, .int32, .int64]
    if let wide = integers.firstIndex(of: from), let narrow = integers.firstIndex(of: to) {
      // From byte to byte or wider every number stays.
      guard narrow >= wide else { return nil }
    }
    (source, target) = (from.code, to.code)
    count = Int64(request.outputs[0].count)
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    _ = apus_convert(operands.outputs[0], target, operands.inputs[0], source, count, threads)
  }
}
