import CKernels
import Testing

@Suite struct GatherTests {
  @Test(arguments: InstructionSet.all, [1, 7, 130])
  func matchesLoops(_ set: InstructionSet, _ columns: Int) {
    let (rows, count) = (11, 200)
    let table = numbers(rows * columns), updates = numbers(count * columns, seed: 2)
    let indices = (0..<count).map { Int64($0 * $0 % rows) }
    var sums = table
    for (k, row) in indices.enumerated() {
      for c in 0..<columns { sums[Int(row) * columns + c] += updates[k * columns + c] }
    }
    let gathered = indices.flatMap { table[Int($0) * columns..<(Int($0) + 1) * columns] }
    for threads in 1...3 as ClosedRange<Int32> {
      var out = [Float](repeating: 0, count: count * columns), added = table
      set.run {
        let bytes = Int64(columns * 4)
        #expect(apus_gather_rows(table, 11, bytes, indices, .APUS_INT64, 200, &out, threads) == -1)
        #expect(
          apus_scatter_add_rows(
            &added, 11, Int64(columns), indices, .APUS_INT64, 200, updates, threads) == -1)
      }
      #expect(out == gathered)
      #expect(added == sums)
    }
  }

  @Test(arguments: [-1, 4, .max, .min] as [Int32])
  func indicesOutOfRangeAreReported(_ wrong: Int32) {
    var table = numbers(8), out = [Float](repeating: 9, count: 6)
    let (before, indices) = (table, [0, 3, wrong])
    #expect(apus_gather_rows(table, 4, 8, indices, .APUS_INT32, 3, &out, 2) == 2)
    #expect(out.allSatisfy { $0 == 9 })
    #expect(apus_scatter_add_rows(&table, 4, 2, indices, .APUS_INT32, 3, out, 2) == 2)
    #expect(table == before)
  }
}
