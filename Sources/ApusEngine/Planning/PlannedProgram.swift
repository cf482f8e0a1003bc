import ApusGraph
import ApusKernels
import ApusTensors
import CKernels

/// A computation with every kernel made ready and every value placed: running it only computes.
final class PlannedProgram: Executable {
  private let steps: [BoundStep]
  private let operandTable: OperandTable
  private let arena: Arena
  private let memory: ProgramMemory
  private let copies: [BoundCopy]
  private let outputTypes: [TensorType]
  private let store: VariableStore
  private let changesVariables: Bool
  private let steadyCount: Int
  /// The state of the variables that the steady steps last ran on; nil before the first run.
  private var steadyVersion: Int?
  private let measures: Bool
  private var seconds: [Double]
  private var runs = 0

  private struct BoundStep {
    let application: Application
    let kernel: any PreparedKernel
    let operands: KernelOperands
  }

  private struct BoundCopy {
    let source: UnsafeRawPointer?
    let input: Int
    let target: UnsafeMutableRawPointer
    let byteCount: Int
  }

  init(_ computation: Computation, store: VariableStore, options: EngineOptions) throws {
    let lowered = try computation.lowered(for: options)
    let schedule = try Schedule(lowered, threads: options.threads)
    let plan = MemoryPlan(lowered, schedule)
    let layout = ArenaLayout(plan.buffers)
    let arena = Arena(byteCount: layout.byteCount)
    let memory = ProgramMemory(lowered, store: store, arena: arena, offsets: layout.offsets)
    let table = OperandTable(schedule, plan, memory)
    steps = schedule.steps.enumerated().map { index, step in
      BoundStep(
        application: step.application, kernel: step.kernel, operands: table.operands(of: index))
    }
    copies = plan.copies.map { copy in
      var input = 0
      if case .input(let index) = copy.source { input = index }
      return BoundCopy(
        source: memory.address(of: copy.source).map { UnsafeRawPointer($0) }, input: input,
        target: memory.knownAddress(of: copy.target), byteCount: copy.byteCount)
    }
    operandTable = table
    self.arena = arena
    self.memory = memory
    outputTypes = computation.outputs.map(\.type)
    self.store = store
    changesVariables = !computation.updates.isEmpty
    steadyCount = schedule.steadyCount
    measures = options.profiles
    seconds = Array(repeating: 0, count: schedule.steps.count)
  }

  func accepts(_ type: TensorType, for expected: TensorType) -> Bool { type == expected }

  func run(_ inputs: [Tensor]) throws(ProgramError) {
    // The caller's own arithmetic keeps its subnormal numbers.
    let flushes = apus_flushes_denormals()
    apus_flush_denormals()
    defer { if !flushes { apus_keep_denormals() } }
    operandTable.bind(inputs)
    let first = steadyVersion == store.version ? steadyCount : 0
    do throws(ProgramError) {
      if measures { try runMeasured(from: first) } else { try runSteps(from: first) }
    } catch {
      // Steps before the one that failed may have changed variables, which nobody may take for steady.
      if changesVariables { store.noteChange() }
      steadyVersion = nil
      throw error
    }
    for copy in copies {
      copy.target.copyMemory(
        from: copy.source ?? inputs[copy.input].memory, byteCount: copy.byteCount)
    }
    withExtendedLifetime(inputs) {}
    // What this run changed, no steady step reads.
    if changesVariables { store.noteChange() }
    steadyVersion = store.version
    runs += 1
  }

  private func runSteps(from first: Int) throws(ProgramError) {
    for index in first..<steps.count { try run(steps[index]) }
  }

  private func runMeasured(from first: Int) throws(ProgramError) {
    let clock = ContinuousClock()
    for index in first..<steps.count {
      let start = clock.now
      try run(steps[index])
      seconds[index] += (clock.now - start) / .seconds(1)
    }
  }

  private func run(_ step: BoundStep) throws(ProgramError) {
    do {
      try step.kernel.run(step.operands)
    } catch {
      throw .operand(operation: error.operation, message: error.message)
    }
  }

  func output(_ index: Int) -> Tensor {
    Tensor(outputTypes[index]) { bytes in
      bytes.copyMemory(
        from: UnsafeRawBufferPointer(start: memory.outputs[index].baseAddress, count: bytes.count))
    }
  }

  func scalar(_ index: Int) -> Double {
    memory.outputs[index].first(as: outputTypes[index].dataType)
  }

  var profile: Profile {
    let operations = steps.indices.map { index in
      Profile.OperationProfile(
        steps[index].application, steps[index].kernel.description,
        isSteady: index < steadyCount, seconds: seconds[index])
    }
    return Profile(operations: operations, arenaByteCount: arena.byteCount, runs: runs)
  }
}

extension UnsafeMutableRawBufferPointer {
  /// The first element as a `Double`.
  fileprivate func first(as dataType: DataType) -> Double {
    switch dataType {
    case .float32: load(as: Float.self).double
    case .bfloat16: load(as: BFloat16.self).double
    case .float64: load(as: Double.self)
    case .int32: load(as: Int32.self).double
    case .int64: load(as: Int64.self).double
    case .uint8: load(as: UInt8.self).double
    case .bool: load(as: Bool.self).double
    }
  }
}
