import ApusGraph
import ApusTensors
import CKernels

/// Elementwise programs over float32, bfloat16, bool and (as inputs) bytes, tile by tile.
struct VectorFusedElementwise: Kernel {
  func prepare(_ request: KernelRequest) -> (any PreparedKernel)? {
    guard let program = request.operation as? FusedElementwise else { return nil }
    return PreparedElementwise(program, request)
  }
}

/// One elementwise operation as a program of its own, where no chain took it up.
struct VectorElementwise: Kernel {
  func prepare(_ request: KernelRequest) -> (any PreparedKernel)? {
    guard let output = request.outputs.first,
      ElementwiseProgramBuilder.accepts(
        request.operation, inputs: request.inputs, output: output)
    else { return nil }
    var builder = ElementwiseProgramBuilder(shape: output.shape)
    let operands = request.inputs.map { builder.input($0 == .randomKey ? .key : .full) }
    guard let value = builder.apply(request.operation, to: operands) else { return nil }
    builder.store(value, as: output.dataType)
    return PreparedElementwise(builder.operation, request)
  }
}

/// A program in the memory that the C kernel reads it from.
private final class PreparedElementwise: PreparedKernel {
  private let instructions: UnsafeMutableBufferPointer<apus_elementwise_instruction>
  private let types: UnsafeMutableBufferPointer<apus_elementwise_operand>
  private let memory: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>
  private let program: UnsafeMutablePointer<apus_elementwise_program>
  private let count: Int64
  private let threads: Int32
  private let inputCount: Int
  private let outputCount: Int
  let aliasableOperands: [(input: Int, output: Int)]
  let description: String

  /// Assembles `fused`, or gives nil where its operands are not the C kernel's.
  init?(_ fused: FusedElementwise, _ request: KernelRequest) {
    let numbers = zip(request.inputs, fused.modes).filter { $1 != .key }.map(\.0) + request.outputs
    let accepted: [DataType] = [.float32, .bfloat16, .uint8, .bool]
    guard numbers.allSatisfy({ accepted.contains($0.dataType) }) else { return nil }
    let operandCount = request.inputs.count + request.outputs.count
    let assembly = ElementwiseAssembly(fused, inputs: request.inputs)
    instructions = .allocated(holding: assembly.instructions)
    types = .allocated(holding: assembly.operands(request.inputs))
    memory = .allocated(holding: Array(repeating: nil, count: operandCount))
    program = .allocate(capacity: 1)
    program.initialize(
      to: apus_elementwise_program(
        instructions: instructions.baseAddress, instruction_count: Int32(instructions.count),
        operands: types.baseAddress, operand_count: Int32(operandCount),
        register_count: Int32(assembly.registerCount)))
    count = Int64(fused.shape.count)
    threads = Int32(request.threads)
    (inputCount, outputCount) = (request.inputs.count, request.outputs.count)
    aliasableOperands = assembly.aliasableOperands
    description = "elementwise \(instructions.count) \(instructionSet)"
    // From here on deinit frees everything, also where nil is given.
    guard apus_elementwise_problem(program) == nil else { return nil }
  }

  deinit {
    instructions.deallocate()
    types.deallocate()
    memory.deallocate()
    program.deallocate()
  }

  func run(_ operands: KernelOperands) {
    guard let pointers = memory.baseAddress else { return }
    for index in 0..<inputCount { pointers[index] = .init(mutating: operands.inputs[index]) }
    for index in 0..<outputCount { pointers[inputCount + index] = operands.outputs[index] }
    apus_elementwise_run(program, pointers, count, threads)
  }
}

extension UnsafeMutableBufferPointer {
  /// New memory that holds `elements`; the caller frees it.
  fileprivate static func allocated(holding elements: [Element]) -> Self {
    let memory = Self.allocate(capacity: elements.count)
    _ = memory.initialize(from: elements)
    return memory
  }
}
