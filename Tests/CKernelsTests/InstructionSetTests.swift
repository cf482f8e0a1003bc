import CKernels
import Testing

@Suite struct InstructionSetTests {
  @Test func theListBeginsWithPortableAndKnowsItsEnds() {
    #expect(InstructionSet.all.first?.name == "portable")
    #expect(!apus_isa_select(apus_isa_count()))
    #expect(String(cString: apus_isa_name_at(99)).isEmpty)
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
