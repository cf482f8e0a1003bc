import ApusGraph
import ApusKernels
import ApusTensors

/// Runs one operation by one kernel and gives its outputs.
struct KernelRun {
  let outputs: [Tensor]
  /// The implementation that ran.
  let description: String

  /// Runs `operation` by the best kernel that takes the operands, other than the reference kernel.
  ///
  /// - Parameter overwrites: whether outputs are written over inputs where the kernel allows it.
  static func fast(
    _ operation: any Operation, _ inputs: [Tensor], threads: Int = 2, overwrites: Bool = false
  ) throws -> KernelRun {
    let kernels = (kernelTable[operation.name] ?? []).dropLast()
    return try run(operation, inputs, kernels, threads, overwrites)
  }

  /// Runs `operation` by its reference kernel.
  static func reference(_ operation: any Operation, _ inputs: [Tensor]) throws -> KernelRun {
    try run(operation, inputs, (kernelTable[operation.name] ?? []).suffix(1), 1, false)
  }

  /// Runs `operation` by one kernel of the table.
  static func kernel(
    _ index: Int, _ operation: any Operation, _ inputs: [Tensor], threads: Int = 2
  ) throws -> KernelRun {
    let kernels = (kernelTable[operation.name] ?? [])[index...index]
    return try run(operation, inputs, kernels, threads, false)
  }

  /// Runs `operation` by a kernel.
  static func by(
    _ kernel: any Kernel, _ operation: any Operation, _ inputs: [Tensor], threads: Int = 2
  ) throws -> KernelRun {
    try run(operation, inputs, [kernel], threads, false)
  }

  struct NoKernel: Error {
    let operation: String
  }

  private static func run(
    _ operation: any Operation, _ inputs: [Tensor], _ kernels: ArraySlice<any Kernel>,
    _ threads: Int, _ overwrites: Bool
  ) throws -> KernelRun {
    let request = KernelRequest(
      operation: operation, inputs: inputs.map(\.type),
      outputs: try operation.types(of: inputs.map(\.type)), threads: threads)
    for kernel in kernels {
      guard let prepared = try kernel.prepare(request) else { continue }
      return try run(prepared, request, inputs, overwrites)
    }
    throw NoKernel(operation: operation.name)
  }

  private static func run(
    _ kernel: any PreparedKernel, _ request: KernelRequest, _ inputs: [Tensor], _ overwrites: Bool
  ) throws -> KernelRun {
    let memory = inputs.map { input in
      input.withBytes { bytes in
        let copy = allocate(bytes.count)
        copy.copyMemory(from: bytes.baseAddress ?? UnsafeRawPointer(copy), byteCount: bytes.count)
        return copy
      }
    }
    let own = request.outputs.map { allocate($0.byteCount) }
    let scratch = allocate(kernel.scratchByteCount)
    defer { for block in memory + own + [scratch] { block.deallocate() } }
    var results = own
    if overwrites {
      var free = Set(memory.indices)
      for (input, output) in kernel.aliasableOperands
      where results[output] == own[output] && free.remove(input) != nil {
        results[output] = memory[input]
      }
    }
    let addresses = memory.map { UnsafeRawPointer($0) }
    // Twice, if nothing is overwritten: a kernel leaves nothing behind that a second run would see.
    for _ in 0..<(overwrites ? 1 : 2) {
      try addresses.withUnsafeBufferPointer { inputs in
        try results.withUnsafeBufferPointer { outputs in
          guard let inputs = inputs.baseAddress, let outputs = outputs.baseAddress else { return }
          try kernel.run(KernelOperands(inputs: inputs, outputs: outputs, scratch: scratch))
        }
      }
    }
    let outputs = zip(request.outputs, results).map { type, result in
      Tensor(type) { $0.copyMemory(from: .init(start: result, count: type.byteCount)) }
    }
    return KernelRun(outputs: outputs, description: kernel.description)
  }

  /// Memory full of a byte that makes NaN of floats, so that a kernel that leaves holes is seen.
  private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0xFF, count: max(byteCount, 64))
    return memory
  }
}

/// A float32 tensor of a function's values at 0, 1, 2 and so on.
func sequence(_ shape: Shape, _ function: (Double) -> Double) -> Tensor {
  Tensor((0..<shape.count).map { Float(function(Double($0))) }, shape: shape)
}

/// A float32 tensor of given numbers.
func floats(_ numbers: [Double], _ shape: Shape) -> Tensor {
  Tensor(numbers.map { Float($0) }, shape: shape)
}

/// The largest difference between numbers, relative to the largest number but at least to 1.
///
/// Infinite where one is NaN or infinite and the other is not the same.
func difference(_ actual: [Double], _ expected: [Double]) -> Double {
  guard actual.count == expected.count else { return .infinity }
  let scale = expected.reduce(1) { $1.isFinite ? max($0, $1.magnitude) : $0 }
  return zip(actual, expected).reduce(0) { largest, pair in
    if pair.0 == pair.1 || (pair.0.isNaN && pair.1.isNaN) { return largest }
    let difference = (pair.0 - pair.1).magnitude / scale
    return difference.isFinite ? max(largest, difference) : .infinity
  }
}
