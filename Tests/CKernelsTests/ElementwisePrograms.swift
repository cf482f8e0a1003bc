import CKernels

typealias Instruction = apus_elementwise_instruction
typealias Operand = apus_elementwise_operand
let immediate = UInt16(APUS_IMMEDIATE)

func instruction(
  _ opcode: apus_opcode, _ dst: UInt16, _ a: UInt16 = 0, _ b: UInt16 = 0, _ c: UInt16 = 0,
  immediate: Float = 0
) -> Instruction {
  Instruction(
    opcode: opcode, dst: dst, a: a, b: b, c: c, immediate: immediate, second: 0, stream: 0)
}

func operand(
  _ type: apus_type = .APUS_FLOAT32, _ mode: apus_mode = .APUS_FULL, inner: Int = 0
) -> Operand {
  Operand(type: type, mode: mode, inner: Int64(inner))
}

/// Runs a program; returns what is wrong with it instead where something is.
func run(
  _ instructions: [Instruction], _ operands: [Operand], registers: Int32 = 8,
  _ memory: [UnsafeMutableRawPointer?], count: Int, threads: Int32 = 1
) -> String? {
  instructions.withUnsafeBufferPointer { instructions in
    operands.withUnsafeBufferPointer { operands in
      var program = apus_elementwise_program(
        instructions: instructions.baseAddress, instruction_count: Int32(instructions.count),
        operands: operands.baseAddress, operand_count: Int32(operands.count),
        register_count: registers)
      if let problem = apus_elementwise_problem(&program) { return String(cString: problem) }
      apus_elementwise_run(&program, memory, Int64(count), threads)
      return nil
    }
  }
}
