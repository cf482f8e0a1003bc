import CKernels
import Foundation
import Testing

@Suite struct InstructionSetTests {
  @Test func theListBeginsWithPortableAndKnowsItsEnds() {
    #expect(InstructionSet.all.first?.name == "portable")
    #expect(!apus_isa_select(apus_isa_count()))
    #expect(String(cString: apus_isa_name_at(99)).isEmpty)
  }

  /// The last of the list, but for AVX512-BF16 on Intel's processors other than Cooper Lake (model 85).
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["APUS_ISA"] == nil,
      "APUS_ISA chooses the instruction set"))
  func theFastestIsChosen() throws {
    let names = InstructionSet.all.map(\.name)
    let processor = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
    let isCooperLake = processor.contains(/model\s*: 85\n/)
    let isSlow =
      names.last == "avx512bf16" && processor.contains("GenuineIntel") && !isCooperLake
    let expected = isSlow ? "avx512" : names.last
    #expect(String(cString: apus_isa_name()) == expected)
    #if arch(x86_64)
      #expect(apus_has_bfloat16() == ["avx512bf16", "amx"].contains(expected))
    #endif
  }

  @Test(arguments: InstructionSet.all) func selectionHoldsInThisThread(_ set: InstructionSet) {
    let standard = String(cString: apus_isa_name())
    set.run { #expect(String(cString: apus_isa_name()) == set.name) }
    #expect(String(cString: apus_isa_name()) == standard)
  }

  @Test(arguments: [0, 1, 2, 5] as [Int32]) func everyPartRunsOnce(_ threads: Int32) {
    let count = Int(max(threads, 1))
    var calls = [Int32](repeating: 0, count: count)
    calls.withUnsafeMutableBufferPointer { buffer in
      apus_parallel(
        threads,
        { context, part, parts in
          let calls = context?.assumingMemoryBound(to: Int32.self)
          calls?[Int(part)] += parts
        }, buffer.baseAddress)
    }
    #expect(calls == [Int32](repeating: Int32(count), count: count))
  }
}
