import CKernels
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct RandomTests {
  private static let key = apus_random_key(seed: 0x0123_4567_89AB_CDEF, step: 0x1_0000_0007)

  /// Word `index % 4` of block `index / 4`, from the paper's definition.
  private func word(_ index: Int, stream: UInt32) -> UInt32 {
    var (k0, k1) = (UInt32(truncatingIfNeeded: Self.key.seed), UInt32(Self.key.seed >> 32))
    var c = [
      UInt32(index / 4), UInt32(truncatingIfNeeded: Self.key.step), stream,
      UInt32(Self.key.step >> 32),
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

  @Test(arguments: InstructionSet.all, [1, 63, 64, 1001])
  func drawsAreFunctionsOfTheIndex(_ set: InstructionSet, _ count: Int) {
    let words = (0..<count + 4).map { word($0, stream: 9) }
    let uniform = words.map { Float($0 >> 8) * 0x1p-24 }
    let x = numbers(count)
    for threads in 1...3 as ClosedRange<Int32> {
      var bits = [UInt32](repeating: 0, count: count)
      var (flat, normal) = (x, x)
      let dropped = Memory(x)
      set.run {
        apus_random_bits(&bits, Int64(count), Self.key, 9, threads)
        apus_random_uniform(&flat, Int64(count), -1, 3, Self.key, 9, threads)
        apus_random_normal(&normal, Int64(count), 5, 2, Self.key, 9, threads)
        apus_dropout(
          dropped.pointer, dropped.pointer, Int64(count), 0.25, Self.key, 9, threads)
      }
      #expect(bits == Array(words.prefix(count)))
      #expect(flat == uniform.prefix(count).map { -1 + 4 * $0 })
      let kept = x.indices.map { uniform[$0] >= 0.25 ? x[$0] * (1 / 0.75) : 0 }
      #expect(dropped.values == kept)
      let bell = x.indices.map { k in
        let (u, v) = (Double(uniform[k & ~1]), Double(uniform[k | 1]))
        let turn = k & 1 == 0 ? cos(2 * .pi * v) : sin(2 * .pi * v)
        return 5 + 2 * (-2 * log(1 - u)).squareRoot() * turn
      }
      #expect(difference(normal, bell) < 2e-6)
    }
  }

  @Test func everySetGivesTheSameBits() {
    let draws = InstructionSet.all.map { set in
      var normal = [Float](repeating: 0, count: 10_000)
      set.run { apus_random_normal(&normal, 10_000, 0.1, 1.7, Self.key, 3, 2) }
      return normal
    }
    #expect(draws.allSatisfy { $0 == draws[0] })
  }

  /// The null hypothesis: draws are independent and standard normal.
  ///
  /// The key is fixed, so the test either always passes or never; with another key a correct stream
  /// would fail about once in 8000.
  @Test func normalsHaveMeanZeroAndVarianceOne() {
    let count = 200_000
    var normal = [Float](repeating: 0, count: count)
    apus_random_normal(&normal, Int64(count), 0, 1, Self.key, 1, 2)
    let mean = normal.reduce(0.0) { $0 + Double($1) } / Double(count)
    let square = normal.reduce(0.0) { $0 + Double($1 * $1) } / Double(count)
    #expect(abs(mean) < 4 / Double(count).squareRoot())
    #expect(abs(square - 1) < 4 * (2 / Double(count)).squareRoot())
  }
}
