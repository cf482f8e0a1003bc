import ApusGraph
import ApusTensors
import CKernels

/// Rows of a table at given indices.
struct VectorGather: VectorCall {
  private let indices: IndexCheck
  private let indexType: apus_type
  private let indexCount: Int64
  private let rowCount: Int64
  private let rowByteCount: Int64
  private let threads: Int32

  init?(_: Gather, _ request: KernelRequest) {
    let (table, places) = (request.inputs[0], request.inputs[1])
    guard let indices = IndexCheck(places, below: table.shape[0], in: Gather.name) else {
      return nil
    }
    self.indices = indices
    (indexType, indexCount) = (places.dataType.code, Int64(places.count))
    (rowCount, rowByteCount) = (Int64(table.shape[0]), Int64(table.innerByteCount))
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) throws(KernelFailure) {
    let problem = apus_gather_rows(
      operands.inputs[0], rowCount, rowByteCount, operands.inputs[1], indexType, indexCount,
      operands.outputs[0], threads)
    if problem >= 0 { try indices.run(operands.inputs[1]) }
  }
}

/// Rows added to a table of zeros at given indices.
struct VectorScatterAdd: VectorCall {
  private let indices: IndexCheck
  private let indexType: apus_type
  private let indexCount: Int64
  private let rowCount: Int64
  private let columns: Int64
  private let zero = OwnedValue<Float>(0)
  private let threads: Int32

  init?(_: ScatterAdd, _ request: KernelRequest) {
    let (places, table) = (request.inputs[0], request.outputs[0])
    guard request.inputs[1].dataType == .float32, table.dataType == .float32,
      let indices = IndexCheck(places, below: table.shape[0], in: ScatterAdd.name)
    else { return nil }
    self.indices = indices
    (indexType, indexCount) = (places.dataType.code, Int64(places.count))
    rowCount = Int64(table.shape[0])
    columns = Int64(table.shape.extents.dropFirst().reduce(1, *))
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) throws(KernelFailure) {
    apus_fill(operands.outputs[0], zero.pointer, 4, rowCount * columns, threads)
    let problem = apus_scatter_add_rows(
      operands.results(0), rowCount, columns, operands.inputs[0], indexType, indexCount,
      operands.floats(1), threads)
    if problem >= 0 { try indices.run(operands.inputs[0]) }
  }
}

/// Rows of zeros with a one at the index.
struct VectorOneHot: VectorCall {
  private let indexType: DataType
  private let count: Int
  private let depth: Int
  private let zero = OwnedValue<Float>(0)
  private let threads: Int32

  init?(_ oneHot: OneHot, _ request: KernelRequest) {
    let indices = request.inputs[0]
    guard request.outputs[0].dataType == .float32,
      [.int32, .int64, .uint8].contains(indices.dataType)
    else { return nil }
    (indexType, count, depth) = (indices.dataType, indices.count, oneHot.depth)
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    apus_fill(operands.outputs[0], zero.pointer, 4, Int64(count * depth), threads)
    let indices = operands.inputs[0]
    switch indexType {
    case .int32: setOnes(indices.assumingMemoryBound(to: Int32.self), operands.results(0))
    case .int64: setOnes(indices.assumingMemoryBound(to: Int64.self), operands.results(0))
    default: setOnes(indices.assumingMemoryBound(to: UInt8.self), operands.results(0))
    }
  }

  private func setOnes<Index: FixedWidthInteger>(
    _ indices: UnsafePointer<Index>, _ rows: UnsafeMutablePointer<Float>
  ) {
    for place in 0..<count {
      let index = Int(truncatingIfNeeded: indices[place])
      if 0..<depth ~= index { rows[place * depth + index] = 1 }
    }
  }
}
