import ApusTensors

/// A reference kernel as one for operands of any data types.
///
/// Operands that are not `float64` are converted to and from `Double` in scratch.
package struct ReferenceAdapter: Kernel {
  private let kernel: any ReferenceKernel

  package init(_ kernel: any ReferenceKernel) { self.kernel = kernel }

  package func prepare(_ request: KernelRequest) -> (any PreparedKernel)? {
    PreparedReference(kernel, request)
  }
}

/// Runs a reference kernel; unlike fast kernels it may allocate.
private final class PreparedReference: PreparedKernel {
  private let kernel: any ReferenceKernel
  private let request: KernelRequest
  private var inputs: [ReferenceOperand] = []
  private var outputs: [ReferenceOperand] = []
  /// Where in scratch an operand's numbers are as `Double`; nil where they are already.
  private let inputOffsets: [Int?]
  private let outputOffsets: [Int?]
  let scratchByteCount: Int

  var description: String { "reference" }

  init(_ kernel: any ReferenceKernel, _ request: KernelRequest) {
    self.kernel = kernel
    self.request = request
    var size = 0
    func reserve(_ type: TensorType) -> Int? {
      guard type.dataType != .float64 else { return nil }
      defer { size += type.count * MemoryLayout<Double>.stride }
      return size
    }
    inputOffsets = request.inputs.map(reserve)
    outputOffsets = request.outputs.map(reserve)
    scratchByteCount = size
  }

  func run(_ operands: KernelOperands) throws(KernelFailure) {
    inputs.removeAll(keepingCapacity: true)
    outputs.removeAll(keepingCapacity: true)
    for (index, type) in request.inputs.enumerated() {
      let memory = UnsafeMutableRawPointer(mutating: operands.inputs[index])
      let wide = inputOffsets[index].map { operands.scratch + $0 } ?? memory
      inputs.append(ReferenceOperand(type.shape, at: wide))
      if wide != memory { widen(memory, type.dataType, into: inputs[index].values) }
    }
    for (index, type) in request.outputs.enumerated() {
      let wide = outputOffsets[index].map { operands.scratch + $0 } ?? operands.outputs[index]
      outputs.append(ReferenceOperand(type.shape, at: wide))
    }
    try kernel.run(request.operation, inputs: inputs, outputs: outputs)
    for (index, type) in request.outputs.enumerated() where outputOffsets[index] != nil {
      narrow(outputs[index].values, to: type.dataType, into: operands.outputs[index])
    }
  }
}

extension ReferenceOperand {
  fileprivate init(_ shape: Shape, at memory: UnsafeMutableRawPointer) {
    let values = memory.bindMemory(to: Double.self, capacity: shape.count)
    self.init(shape: shape, values: .init(start: values, count: shape.count))
  }
}
