import CKernels
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct RandomTests {
  private static let seed: UInt64 = 0x0123_4567_89AB_CDEF
  private static let step: UInt64 = 0x1_0000_0007

  /// Word `index % 4` of block `index / 4`, from the paper's definition.
  private func word(_ index: Int, stream: UInt32) -> UInt32 {
    var (k0, k1) = (UInt32(truncatingIfNeeded: Self.seed), UInt32(Self.seed >> 32))
    var c = [
      UInt32(index / 4), UInt32(truncatingIfNeeded: Self.step), stream,
      UInt32(Self.step >> 32),
    ]
    for _ in 0..<10 {
      let first = c[0].multipliedFullWidth(by: 0xD251_1F53)
      let second = c[2].multipliedFullWidth(by: 0xCD9E_8D57)
      c = [second.high ^ c[1] ^ k0, second.low, first.high ^ c[3] ^ k1, first.low]
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return c[index % 4]
  }

  /// Numbers of a stream, drawn in rows of `inner` elements: tiles end where rows end.
  private func draw(
    _ opcode: apus_opcode, _ first: Float, _ second: Float, stream: UInt32 = 9, count: Int,
    rows inner: Int = 0, threads: Int32 = 1
  ) -> [Float] {
    var numbers = [Float](repeating: .nan, count: count)
    var zeros = [Float](repeating: 0, count: max(inner, 1))
    var key = [Int64(bitPattern: Self.seed), Int64(bitPattern: Self.step)]
    let draws = apus_elementwise_instruction(
      opcode: opcode, dst: 0, a: 0, b: 0, c: 0, immediate: first, second: second, stream: stream)
    let instructions = [
      draws, instruction(.APUS_OP_LOAD, 1, 1), instruction(.APUS_OP_ADD, 0, 0, 1),
      instruction(.APUS_OP_STORE, 2, 0),
    ]
    let row = inner > 0 ? operand(.APUS_FLOAT32, .APUS_CHANNEL, inner: inner) : operand()
    if inner == 0 { zeros = Array(repeating: 0, count: count) }
    let problem = key.withUnsafeMutableBytes { key in
      zeros.withUnsafeMutableBytes { zeros in
        numbers.withUnsafeMutableBytes { numbers in
          run(
            instructions, [operand(.APUS_INT64, .APUS_KEY), row, operand()],
            [key.baseAddress, zeros.baseAddress, numbers.baseAddress], count: count,
            threads: threads)
        }
      }
    }
    #expect(problem == nil)
    return numbers
  }

  @Test(arguments: InstructionSet.all, [1, 63, 64, 1001, 5005])
  func drawsAreFunctionsOfTheIndex(_ set: InstructionSet, _ count: Int) {
    let words = (0..<count + 4).map { word($0, stream: 9) }
    let uniform = words.map { Float($0 >> 8) * 0x1p-24 }
    let bell = (0..<count).map { k in
      let (u, v) = (Double(uniform[k & ~1]), Double(uniform[k | 1]))
      let turn = k & 1 == 0 ? cos(2 * .pi * v) : sin(2 * .pi * v)
      return 5 + 2 * (-2 * log(1 - u)).squareRoot() * turn
    }
    for (threads, inner) in [(1, 0), (2, 0), (3, 0), (1, 7), (2, 13), (2, 4003)] {
      set.run {
        let flat = draw(
          .APUS_OP_UNIFORM, -1, 4, count: count, rows: inner, threads: Int32(threads))
        #expect(flat == uniform.prefix(count).map { -1 + 4 * $0 })
        let normal = draw(
          .APUS_OP_NORMAL, 5, 2, count: count, rows: inner, threads: Int32(threads))
        #expect(difference(normal, bell) < 2e-6)
      }
    }
  }

  @Test func everySetGivesTheSameBits() {
    let draws = InstructionSet.all.map { set in
      set.run { draw(.APUS_OP_NORMAL, 0.1, 1.7, stream: 3, count: 10_000, threads: 2) }
    }
    #expect(draws.allSatisfy { $0 == draws[0] })
  }

  @Test func aKeyIsASeedAndAStep() {
    let draws = instruction(.APUS_OP_UNIFORM, 0, 0)
    let wrong = [operand(), operand(.APUS_FLOAT32, .APUS_KEY), operand(.APUS_INT64)]
    for key in wrong {
      #expect(
        run([draws], [key], [nil], count: 4)
          == "random numbers are drawn under an operand that is no key")
    }
    #expect(run([draws], [], [], count: 4)?.contains("does not exist") == true)
  }

  /// The null hypothesis: draws are independent and standard normal.
  ///
  /// The key is fixed, so the test either always passes or never; with another key a correct stream
  /// would fail about once in 8000.
  @Test func normalsHaveMeanZeroAndVarianceOne() {
    let count = 200_000
    let normal = draw(.APUS_OP_NORMAL, 0, 1, stream: 1, count: count, threads: 2)
    let mean = normal.reduce(0.0) { $0 + Double($1) } / Double(count)
    let square = normal.reduce(0.0) { $0 + Double($1 * $1) } / Double(count)
    #expect(abs(mean) < 4 / Double(count).squareRoot())
    #expect(abs(square - 1) < 4 * (2 / Double(count)).squareRoot())
  }
}
