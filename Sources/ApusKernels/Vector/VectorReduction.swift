import ApusGraph
import ApusTensors
import CKernels

/// Sums, means, products and extremes over any axes.
///
/// Reduced axes that lie together are one axis. Others are first brought to the front in scratch.
struct VectorReduction: VectorCall {
  private let kind: apus_reduction
  private let outer: Int64
  private let extent: Int64
  private let inner: Int64
  private let threads: Int32
  /// Brings the reduced axes to the front; nil where they lie together already.
  private let gathering: StridedCopy?
  /// Where the C kernel's own scratch begins.
  private let gatheredByteCount: Int

  init?(_ reduction: Reduction, _ request: KernelRequest) {
    guard request.isFloat32 else { return nil }
    let shape = request.inputs[0].shape
    let axes = reduction.axes.filter { shape[$0] != 1 }
    let extent = axes.reduce(1) { $0 * shape[$1] }
    kind = reduction.kind.code
    self.extent = Int64(extent)
    threads = Int32(request.threads)
    let first = axes.first ?? 0
    let between = Set(shape.extents.indices.filter { $0 >= first && $0 <= axes.last ?? -1 })
    if between.subtracting(axes).allSatisfy({ shape[$0] == 1 }) {
      outer = Int64(shape.extents[..<first].reduce(1, *))
      inner = Int64(shape.extents[(axes.last.map { $0 + 1 } ?? 0)...].reduce(1, *))
      (gathering, gatheredByteCount) = (nil, 0)
    } else {
      let order = axes + shape.extents.indices.filter { !axes.contains($0) }
      guard let copy = StridedCopy(transposing: shape, to: order, elementSize: 4) else {
        return nil
      }
      outer = 1
      inner = Int64(extent == 0 ? request.outputs[0].count : shape.count / extent)
      gathering = copy
      gatheredByteCount = (shape.count * 4 + 63) & ~63
    }
  }

  var scratchByteCount: Int {
    gatheredByteCount + apus_reduce_scratch_bytes(kind, outer, extent, inner, threads)
  }

  func run(_ operands: KernelOperands) {
    var source = operands.floats(0)
    if let gathering {
      gathering.run(operands.inputs[0], operands.scratch, threads)
      source = UnsafePointer(operands.scratch.assumingMemoryBound(to: Float.self))
    }
    apus_reduce(
      kind, source, outer, extent, inner, operands.results(0),
      operands.scratch + gatheredByteCount, threads)
  }
}

/// The position of the largest number along an axis.
struct VectorArgMax: VectorCall {
  private let outer: Int64
  private let extent: Int64
  private let inner: Int64
  private let threads: Int32

  init?(_ argMax: ArgMax, _ request: KernelRequest) {
    guard request.inputs[0].dataType == .float32, request.outputs[0].dataType == .int64 else {
      return nil
    }
    let extents = request.inputs[0].shape.extents
    outer = Int64(extents[..<argMax.axis].reduce(1, *))
    extent = Int64(extents[argMax.axis])
    inner = Int64(extents[(argMax.axis + 1)...].reduce(1, *))
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    apus_argument_of_maximum(
      operands.floats(0), outer, extent, inner,
      operands.outputs[0].assumingMemoryBound(to: Int64.self), threads)
  }
}

extension Reduction.Kind {
  fileprivate var code: apus_reduction {
    switch self {
    case .sum: .APUS_SUM
    case .mean: .APUS_MEAN
    case .maximum: .APUS_MAXIMUM
    case .minimum: .APUS_MINIMUM
    case .product: .APUS_PRODUCT
    }
  }
}
