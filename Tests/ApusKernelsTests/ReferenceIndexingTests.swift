import ApusGraph
import ApusKernels
import ApusTensors
import Testing

struct ReferenceIndexingTests {
  private let indices = Tensor([Int32(2), 0, 2])

  @Test func gatherScatterAndOneHot() throws {
    let table = floats([1, 2, 3, 4, 5, 6], [3, 2])
    let rows = try KernelRun.reference(Gather(), [table, indices]).outputs[0]
    #expect(rows.doubles == [5, 6, 1, 2, 5, 6])
    let sums = try KernelRun.reference(ScatterAdd(count: 4), [indices, rows]).outputs[0]
    #expect(sums.doubles == [1, 2, 0, 0, 10, 12, 0, 0])
    let ones = try KernelRun.reference(OneHot(depth: 2), [indices]).outputs[0]
    #expect(ones.doubles == [0, 0, 1, 0, 0, 0])
  }

  @Test(arguments: [true, false])
  func anIndexOutsideTheTableIsNamed(isFast: Bool) throws {
    func run(_ operation: any Operation, _ inputs: [Tensor]) throws -> KernelRun {
      isFast ? try .fast(operation, inputs) : try .reference(operation, inputs)
    }
    let table = floats([1, 2, 3, 4], [2, 2])
    let gather = KernelFailure(
      operation: "gather", message: "index 2 at position 0 is outside 0..<2")
    #expect(throws: gather) { _ = try run(Gather(), [table, indices]) }
    let negative = Tensor([Int64(0), -1])
    let scatter = KernelFailure(
      operation: "scatterAdd", message: "index -1 at position 1 is outside 0..<5")
    #expect(throws: scatter) { _ = try run(ScatterAdd(count: 5), [negative, table]) }
  }
}
