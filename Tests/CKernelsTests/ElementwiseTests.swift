import CKernels
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A function of one number: its opcode, its definition and how many ulp it may be off.
struct UnaryFunction: Sendable, CustomTestStringConvertible {
  let name: String
  let opcode: apus_opcode
  let ulps: Double
  let exact: @Sendable (Double) -> Double

  init(
    _ name: String, _ opcode: apus_opcode, _ ulps: Double,
    _ exact: @escaping @Sendable (Double) -> Double
  ) {
    (self.name, self.opcode, self.ulps, self.exact) = (name, opcode, ulps, exact)
  }

  var testDescription: String { name }

  static let all = [
    UnaryFunction("exp", .APUS_OP_EXPONENTIAL, 4, exp),
    UnaryFunction("log", .APUS_OP_LOGARITHM, 4, log),
    UnaryFunction("log1p", .APUS_OP_LOG1P, 4, log1p),
    UnaryFunction("expm1", .APUS_OP_EXPM1, 4, expm1),
    UnaryFunction("tanh", .APUS_OP_TANH, 4, tanh),
    UnaryFunction("erf", .APUS_OP_ERROR_FUNCTION, 4, erf),
    UnaryFunction("sigmoid", .APUS_OP_SIGMOID, 4) { 1 / (1 + exp(-$0)) },
    UnaryFunction("softplus", .APUS_OP_SOFTPLUS, 4) { max($0, 0) + log1p(exp(-abs($0))) },
    UnaryFunction("sqrt", .APUS_OP_SQUARE_ROOT, 1) { $0.squareRoot() },
    UnaryFunction("rsqrt", .APUS_OP_RECIPROCAL_SQUARE_ROOT, 2) { 1 / $0.squareRoot() },
    UnaryFunction("reciprocal", .APUS_OP_RECIPROCAL, 1) { 1 / $0 },
    UnaryFunction("sin", .APUS_OP_SINE, 1, sin),
    UnaryFunction("cos", .APUS_OP_COSINE, 1, cos),
    UnaryFunction("square", .APUS_OP_SQUARE, 1) { $0 * $0 },
    UnaryFunction("sign", .APUS_OP_SIGN, 0) { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 },
    UnaryFunction("floor", .APUS_OP_FLOOR, 0) { $0.rounded(.down) },
    UnaryFunction("ceiling", .APUS_OP_CEILING, 0) { $0.rounded(.up) },
    UnaryFunction("round", .APUS_OP_ROUND, 0) { $0.rounded(.toNearestOrEven) },
    UnaryFunction("absolute", .APUS_OP_ABSOLUTE, 0) { abs($0) },
    UnaryFunction("negate", .APUS_OP_NEGATE, 0) { -$0 },
    UnaryFunction("not", .APUS_OP_NOT, 0) { $0 == 0 ? 1 : 0 },
  ]
}

/// A function of two or three numbers, and its definition.
struct ManyFunction: Sendable, CustomTestStringConvertible {
  let name: String
  let opcode: apus_opcode
  let exact: @Sendable (Float, Float, Float) -> Float

  var testDescription: String { name }

  private static func truth(_ value: Bool) -> Float { value ? 1 : 0 }

  static let all: [ManyFunction] = [
    .init(name: "add", opcode: .APUS_OP_ADD) { a, b, _ in a + b },
    .init(name: "subtract", opcode: .APUS_OP_SUBTRACT) { a, b, _ in a - b },
    .init(name: "multiply", opcode: .APUS_OP_MULTIPLY) { a, b, _ in a * b },
    .init(name: "divide", opcode: .APUS_OP_DIVIDE) { a, b, _ in a / b },
    .init(name: "minimum", opcode: .APUS_OP_MINIMUM) { a, b, _ in
      a.isNaN || b.isNaN ? .nan : min(a, b)
    },
    .init(name: "maximum", opcode: .APUS_OP_MAXIMUM) { a, b, _ in
      a.isNaN || b.isNaN ? .nan : max(a, b)
    },
    .init(name: "power", opcode: .APUS_OP_POWER) { a, b, _ in powf(a, b) },
    .init(name: "equal", opcode: .APUS_OP_EQUAL) { a, b, _ in truth(a == b) },
    .init(name: "notEqual", opcode: .APUS_OP_NOT_EQUAL) { a, b, _ in truth(a != b) },
    .init(name: "less", opcode: .APUS_OP_LESS) { a, b, _ in truth(a < b) },
    .init(name: "lessEqual", opcode: .APUS_OP_LESS_EQUAL) { a, b, _ in truth(a <= b) },
    .init(name: "greater", opcode: .APUS_OP_GREATER) { a, b, _ in truth(a > b) },
    .init(name: "greaterEqual", opcode: .APUS_OP_GREATER_EQUAL) { a, b, _ in truth(a >= b) },
    .init(name: "and", opcode: .APUS_OP_AND) { a, b, _ in truth(a != 0 && b != 0) },
    .init(name: "or", opcode: .APUS_OP_OR) { a, b, _ in truth(a != 0 || b != 0) },
    .init(name: "select", opcode: .APUS_OP_SELECT) { a, b, c in c != 0 ? a : b },
  ]
}

@Suite struct ElementwiseTests {
  private static let special: [Float] = [
    0, -0, 1, -1, 0.5, -0.5, 2.5, .infinity, -.infinity, .nan, 88.72283, 88.72284, -87.3, -104,
    1e-30, -1e-30, 3e38, -3e38, 1e-7, -1e-7, 16.7, -16.7,
  ]

  /// How far `got` is from `exact`, in units of the last place; subnormal results may be 0.
  private func ulps(_ got: Float, _ exact: Double) -> Double {
    if exact.isNaN || got.isNaN { return exact.isNaN && got.isNaN ? 0 : .infinity }
    if abs(exact) > 0x1.fffffep127 { return got == Float(exact) ? 0 : .infinity }
    if abs(exact) < 0x1p-126 { return abs(got) <= 0x1p-126 ? 0 : .infinity }
    let place = abs(exact).ulp * 0x1p29
    return abs(Double(got) - exact) / place
  }

  @Test(arguments: InstructionSet.all, UnaryFunction.all)
  func unary(_ set: InstructionSet, _ function: UnaryFunction) {
    let x = Self.special + numbers(500) + numbers(500, seed: 2).map { $0 * 40 }
    let y = Memory(repeating: 7 as Float, count: x.count)
    let program = [
      instruction(.APUS_OP_LOAD, 0), instruction(function.opcode, 1, 0),
      instruction(.APUS_OP_STORE, 1, 1),
    ]
    let memory = Memory(x)
    set.run {
      let problem = run(program, [operand(), operand()], [memory.raw, y.raw], count: x.count)
      #expect(problem == nil)
    }
    for (x, y) in zip(x, y.values) {
      let error = ulps(y, function.exact(Double(x)))
      #expect(error <= function.ulps, "\(function.name)(\(x)) gave \(y), \(error) ulp off")
    }
  }

  @Test(arguments: InstructionSet.all, ManyFunction.all)
  func many(_ set: InstructionSet, _ function: ManyFunction) {
    let pairs = Self.special.flatMap { a in Self.special.map { (a, $0) } }
    let (a, b) = (Memory(pairs.map(\.0)), Memory(pairs.map(\.1)))
    let c = Memory(numbers(pairs.count).map { $0 > 0 ? $0 : 0 })
    let y = Memory(repeating: 7 as Float, count: pairs.count)
    let program = [
      instruction(.APUS_OP_LOAD, 0, 0), instruction(.APUS_OP_LOAD, 1, 1),
      instruction(.APUS_OP_LOAD, 2, 2), instruction(function.opcode, 3, 0, 1, 2),
      instruction(.APUS_OP_STORE, 3, 3),
    ]
    let operands = [Operand](repeating: operand(), count: 4)
    let memory = [a.raw, b.raw, c.raw, y.raw]
    set.run { #expect(run(program, operands, memory, count: pairs.count) == nil) }
    for ((pair, c), y) in zip(zip(pairs, c.values), y.values) {
      let expected = function.exact(pair.0, pair.1, c)
      let same = y == expected || (y.isNaN && expected.isNaN)
      let flushed = abs(expected) < 0x1p-126 && abs(y) < 0x1p-126
      #expect(same || flushed, "\(function.name)\(pair) gave \(y), not \(expected)")
    }
  }

  /// `y = x · channel[i % inner] + row[i / inner] − scalar`, then back into `x`, and as bfloat16 and bool.
  @Test(
    arguments: InstructionSet.all, [(1, 1), (3, 700), (32, 65), (100, 7), (1000, 3), (5000, 2)])
  func modes(_ set: InstructionSet, _ size: (inner: Int, rows: Int)) {
    let (inner, count) = (size.inner, size.inner * size.rows)
    let (x, channel, row) = (numbers(count), numbers(inner, seed: 2), numbers(size.rows, seed: 3))
    let program = [
      instruction(.APUS_OP_LOAD, 0, 0), instruction(.APUS_OP_LOAD, 1, 1),
      instruction(.APUS_OP_LOAD, 2, 2), instruction(.APUS_OP_LOAD, 3, 3),
      instruction(.APUS_OP_MULTIPLY, 1, 0, 1), instruction(.APUS_OP_ADD, 1, 1, 2),
      instruction(.APUS_OP_SUBTRACT, 1, 1, 3), instruction(.APUS_OP_STORE, 4, 1),
      instruction(.APUS_OP_STORE, 5, 1),
      instruction(.APUS_OP_GREATER, 2, 0, immediate, immediate: 0.5),
      instruction(.APUS_OP_STORE, 6, 2),
    ]
    let operands = [
      operand(), operand(.APUS_FLOAT32, .APUS_CHANNEL, inner: inner),
      operand(.APUS_FLOAT32, .APUS_REPEAT, inner: inner), operand(.APUS_UINT8, .APUS_SCALAR),
      operand(), operand(.APUS_BFLOAT16), operand(.APUS_BOOL),
    ]
    for threads in 1...3 as ClosedRange<Int32> {
      let y = Memory(x), (c, r, s) = (Memory(channel), Memory(row), Memory([3 as UInt8]))
      let halves = Memory(repeating: 9 as UInt16, count: count)
      let flags = Memory(repeating: 9 as UInt8, count: count)
      let memory = [y.raw, c.raw, r.raw, s.raw, y.raw, halves.raw, flags.raw]
      set.run {
        #expect(run(program, operands, memory, count: count, threads: threads) == nil)
      }
      let expected = x.indices.map { x[$0] * channel[$0 % inner] + row[$0 / inner] - 3 }
      #expect(y.values == expected)
      #expect(halves.values == expected.map(roundedToBFloat16))
      #expect(flags.values == x.map { $0 > 0.5 ? 1 : 0 })
    }
  }

  /// A value repeated in a register is read while its register is being written.
  @Test(arguments: InstructionSet.all) func constantsMayBeOverwritten(_ set: InstructionSet) {
    let (x, y) = (Memory(numbers(333)), Memory(repeating: 7 as Float, count: 333))
    let program = [
      instruction(.APUS_OP_LOAD, 0, 0), instruction(.APUS_OP_CONSTANT, 1, immediate: 2),
      instruction(.APUS_OP_MULTIPLY, 1, 1, 0), instruction(.APUS_OP_STORE, 1, 1),
    ]
    set.run { #expect(run(program, [operand(), operand()], [x.raw, y.raw], count: 333) == nil) }
    #expect(y.values == x.values.map { 2 * $0 })
  }

  @Test func problemsAreNamed() throws {
    func problem(_ instructions: [Instruction], _ operands: [Operand] = []) -> String? {
      run(instructions, operands, registers: 2, [], count: 0)
    }
    let constant = instruction(.APUS_OP_CONSTANT, 0)
    let unknown = try #require(apus_opcode(rawValue: 99))
    #expect(problem([constant]) == nil)
    #expect(
      problem([instruction(.APUS_OP_COPY, 0, 1)]) == "a register is read before it is written")
    #expect(problem([instruction(.APUS_OP_CONSTANT, 2)]) == "a register's number is too large")
    #expect(
      problem([instruction(unknown, 0)]) == "an instruction has an unknown opcode"
    )
    #expect(
      problem([instruction(.APUS_OP_LOAD, 0)])
        == "an instruction names an operand that does not exist")
    #expect(
      problem([constant, instruction(.APUS_OP_STORE, 0)], [operand(.APUS_FLOAT32, .APUS_SCALAR)])
        == "an operand stored to is not full")
    #expect(
      problem([instruction(.APUS_OP_LOAD, 0)], [operand(.APUS_FLOAT32, .APUS_CHANNEL)])
        == "an operand's rows have no elements")
    #expect(
      problem([instruction(.APUS_OP_LOAD, 0)], [operand(.APUS_INT64)])
        == "an operand is neither float32, bfloat16, uint8 nor bool")
  }
}
