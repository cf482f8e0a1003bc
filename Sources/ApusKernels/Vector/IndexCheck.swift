import ApusTensors

/// Checks that whole numbers name rows or classes, before a C kernel trusts them.
struct IndexCheck {
  private let operation: String
  private let dataType: DataType
  private let count: Int
  private let limit: Int

  /// A check that every element of a tensor is in `0..<limit`; nil where its type is no integer's.
  init?(_ indices: TensorType, below limit: Int, in operation: String) {
    guard [.int32, .int64, .uint8].contains(indices.dataType) else { return nil }
    self.operation = operation
    dataType = indices.dataType
    count = indices.count
    self.limit = limit
  }

  func run(_ memory: UnsafeRawPointer) throws(KernelFailure) {
    switch dataType {
    case .int32: try check(memory.assumingMemoryBound(to: Int32.self))
    case .int64: try check(memory.assumingMemoryBound(to: Int64.self))
    default: try check(memory.assumingMemoryBound(to: UInt8.self))
    }
  }

  private func check<Index: FixedWidthInteger>(
    _ indices: UnsafePointer<Index>
  ) throws(KernelFailure) {
    for place in 0..<count {
      let index = Int(truncatingIfNeeded: indices[place])
      guard index >= 0, index < limit else {
        throw KernelFailure(operation: operation, index: index, at: place, below: limit)
      }
    }
  }
}
