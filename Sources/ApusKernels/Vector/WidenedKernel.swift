import ApusTensors
import CKernels

/// A kernel for float32 made to take bfloat16 operands: they are converted in scratch.
struct WidenedKernel: Kernel {
  let kernel: any Kernel

  func prepare(_ request: KernelRequest) throws -> (any PreparedKernel)? {
    let types = request.inputs + request.outputs
    guard types.contains(where: { $0.dataType == .bfloat16 }) else { return nil }
    let widened = KernelRequest(
      operation: request.operation, inputs: request.inputs.map(\.widened),
      outputs: request.outputs.map(\.widened), threads: request.threads)
    guard let prepared = try kernel.prepare(widened) else { return nil }
    return PreparedWidened(prepared, request)
  }
}

private final class PreparedWidened: PreparedKernel {
  private let kernel: any PreparedKernel
  private let inputs: OwnedArray<WidenedOperand>
  private let outputs: OwnedArray<WidenedOperand>
  /// Where the wrapped kernel finds its operands; set at every run.
  private let inputMemory: UnsafeMutablePointer<UnsafeRawPointer>
  private let outputMemory: UnsafeMutablePointer<UnsafeMutableRawPointer>
  private let threads: Int32
  private let ownScratchByteCount: Int
  let description: String

  init(_ kernel: any PreparedKernel, _ request: KernelRequest) {
    self.kernel = kernel
    threads = Int32(request.threads)
    description = kernel.description + ", widened"
    var size = 0
    func place(_ type: TensorType) -> WidenedOperand {
      guard type.dataType == .bfloat16 else { return WidenedOperand(offset: nil, count: 0) }
      defer { size += (type.count * 4 + 63) & ~63 }
      return WidenedOperand(offset: size, count: Int64(type.count))
    }
    inputs = OwnedArray(request.inputs.map(place))
    outputs = OwnedArray(request.outputs.map(place))
    ownScratchByteCount = size
    inputMemory = .allocate(capacity: request.inputs.count)
    outputMemory = .allocate(capacity: request.outputs.count)
  }

  deinit {
    inputMemory.deallocate()
    outputMemory.deallocate()
  }

  var scratchByteCount: Int { ownScratchByteCount + kernel.scratchByteCount }

  func run(_ operands: KernelOperands) throws(KernelFailure) {
    widenInputs(operands)
    for index in outputs.elements.indices {
      outputMemory[index] =
        outputs.elements[index].offset.map { operands.scratch + $0 } ?? operands.outputs[index]
    }
    try kernel.run(
      KernelOperands(
        inputs: inputMemory, outputs: outputMemory,
        scratch: operands.scratch + ownScratchByteCount))
    for index in outputs.elements.indices where outputs.elements[index].offset != nil {
      _ = apus_convert(
        operands.outputs[index], .APUS_BFLOAT16, outputMemory[index], .APUS_FLOAT32,
        outputs.elements[index].count, threads)
    }
  }

  private func widenInputs(_ operands: KernelOperands) {
    for index in inputs.elements.indices {
      guard let offset = inputs.elements[index].offset else {
        inputMemory[index] = operands.inputs[index]
        continue
      }
      let wide = operands.scratch + offset
      inputMemory[index] = UnsafeRawPointer(wide)
      _ = apus_convert(
        wide, .APUS_FLOAT32, operands.inputs[index], .APUS_BFLOAT16,
        inputs.elements[index].count, threads)
    }
  }
}

/// Where an operand's numbers are as float32; nowhere else than given where they are that already.
private struct WidenedOperand {
  let offset: Int?
  let count: Int64
}

extension TensorType {
  fileprivate var widened: TensorType {
    TensorType(shape, dataType == .bfloat16 ? .float32 : dataType)
  }
}
