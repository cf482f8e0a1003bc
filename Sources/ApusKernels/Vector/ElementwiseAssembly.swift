import ApusTensors
import CKernels

/// An elementwise program as the C kernel takes it: instructions on as few registers as suffice.
///
/// An input is loaded where it is first needed and a result is stored where it is made, so few
/// values are alive at once and the tiles they live in are long.
struct ElementwiseAssembly {
  private(set) var instructions: [apus_elementwise_instruction] = []
  private(set) var registerCount = 0
  /// Outputs that are stored after the last load of an input of the same element size.
  private(set) var aliasableOperands: [(input: Int, output: Int)] = []

  private let program: FusedElementwise
  /// How often each value is still to be read.
  private var readsLeft: [FusedElementwise.Value: Int] = [:]
  private var registers: [FusedElementwise.Value: UInt16] = [:]
  private var freeRegisters: [UInt16] = []
  /// The instruction that loads each input and the one that stores each output.
  private var loads: [Int: Int] = [:]
  private var stores: [Int: Int] = [:]

  init(_ program: FusedElementwise, inputs: [TensorType]) {
    let program = program.contracted
    self.program = program
    for result in program.results { readsLeft[result.value, default: 0] += 1 }
    // Backwards, so that what only an unread step reads counts as unread too.
    for (index, step) in program.steps.enumerated().reversed()
    where readsLeft[.step(index)] != nil {
      for operand in step.operands { readsLeft[operand, default: 0] += 1 }
    }
    storeResults(where: { if case .step = $0 { false } else { true } })
    for (index, step) in program.steps.enumerated() where readsLeft[.step(index)] != nil {
      emit(step, into: .step(index))
      storeResults(where: { $0 == .step(index) })
    }
    findAliases(inputs)
  }

  /// The types and modes of the operands, inputs first.
  func operands(_ inputs: [TensorType]) -> [apus_elementwise_operand] {
    let loaded = zip(inputs, program.modes).map { type, mode in
      let (code, inner) = mode.code
      return apus_elementwise_operand(type: type.dataType.code, mode: code, inner: Int64(inner))
    }
    let stored = program.results.map { result in
      apus_elementwise_operand(type: result.dataType.code, mode: .APUS_FULL, inner: 1)
    }
    return loaded + stored
  }

  private mutating func emit(_ step: FusedElementwise.Step, into value: FusedElementwise.Value) {
    var instruction = apus_elementwise_instruction()
    instruction.opcode = step.opcode.code
    var sources: [UInt16] = []
    var immediate: UInt32?
    for operand in step.operands {
      if case .bits(let bits) = operand, immediate == nil || immediate == bits {
        immediate = bits
        sources.append(UInt16(APUS_IMMEDIATE))
      } else {
        sources.append(register(of: operand))
      }
    }
    instruction.immediate = Float(bitPattern: immediate ?? 0)
    for operand in step.operands { release(operand) }
    // `select` is condition, then, else for a person and then, else, condition for the processor.
    if step.opcode == .select { sources = [sources[1], sources[2], sources[0]] }
    (instruction.a, instruction.b, instruction.c) = (
      sources[0], sources.count > 1 ? sources[1] : 0, sources.count > 2 ? sources[2] : 0
    )
    instruction.dst = newRegister(for: value)
    instructions.append(instruction)
  }

  /// The register that holds `value`; inputs are loaded and numbers set where they are not there.
  private mutating func register(of value: FusedElementwise.Value) -> UInt16 {
    if let register = registers[value] { return register }
    var instruction = apus_elementwise_instruction()
    switch value {
    case .input(let index):
      loads[index] = instructions.count
      (instruction.opcode, instruction.a) = (.APUS_OP_LOAD, UInt16(index))
    case .bits(let bits):
      (instruction.opcode, instruction.immediate) = (.APUS_OP_CONSTANT, Float(bitPattern: bits))
    case .draw(let index): instruction = drawing(program.draws[index])
    case .step(let index): preconditionFailure("fusion bug: step \(index) is read before it runs")
    }
    instruction.dst = newRegister(for: value)
    instructions.append(instruction)
    return instruction.dst
  }

  private func drawing(_ draw: FusedElementwise.Draw) -> apus_elementwise_instruction {
    var instruction = apus_elementwise_instruction()
    instruction.a = UInt16(draw.key)
    instruction.stream = UInt32(truncatingIfNeeded: draw.stream)
    switch draw.distribution {
    case .uniform(let lower, let upper):
      instruction.opcode = .APUS_OP_UNIFORM
      (instruction.immediate, instruction.second) = (Float(lower), Float(upper) - Float(lower))
    case .normal(let mean, let deviation):
      instruction.opcode = .APUS_OP_NORMAL
      (instruction.immediate, instruction.second) = (Float(mean), Float(deviation))
    }
    return instruction
  }

  private mutating func newRegister(for value: FusedElementwise.Value) -> UInt16 {
    let register: UInt16
    if let free = freeRegisters.popLast() {
      register = free
    } else {
      register = UInt16(registerCount)
      registerCount += 1
    }
    registers[value] = register
    return register
  }

  /// Notes that `value` was read once; after the last time its register is free.
  private mutating func release(_ value: FusedElementwise.Value) {
    readsLeft[value, default: 0] -= 1
    guard readsLeft[value] == 0, let register = registers.removeValue(forKey: value) else { return }
    freeRegisters.append(register)
  }

  private mutating func storeResults(where isReady: (FusedElementwise.Value) -> Bool) {
    for (index, result) in program.results.enumerated() where isReady(result.value) {
      var instruction = apus_elementwise_instruction()
      instruction.opcode = .APUS_OP_STORE
      instruction.a = register(of: result.value)
      instruction.dst = UInt16(program.modes.count + index)
      stores[index] = instructions.count
      instructions.append(instruction)
      release(result.value)
    }
  }

  private mutating func findAliases(_ inputs: [TensorType]) {
    for (input, mode) in program.modes.enumerated() where mode == .full {
      for (output, result) in program.results.enumerated()
      where inputs[input].dataType.byteCount == result.dataType.byteCount {
        guard loads[input, default: -1] < stores[output, default: -1] else { continue }
        aliasableOperands.append((input, output))
      }
    }
  }
}

extension FusedElementwise.Mode {
  fileprivate var code: (apus_mode, inner: Int) {
    switch self {
    case .full: (.APUS_FULL, 1)
    case .scalar: (.APUS_SCALAR, 1)
    case .channel(let inner): (.APUS_CHANNEL, inner)
    case .repeated(let inner): (.APUS_REPEAT, inner)
    case .key: (.APUS_KEY, 1)
    }
  }
}
