import ApusEngine
import ApusGraph
import ApusTensors
import Glibc
import Testing

struct ProgramTests {
  static let modes = [EngineOptions(threads: 2), EngineOptions.reference]

  @Test(arguments: modes)
  func updatesSeeTheValuesFromBeforeTheRun(options: EngineOptions) throws {
    let first = Variable("first", TensorType([3]), isTrainable: true)
    let second = Variable("second", TensorType([3]), isTrainable: true)
    let store = VariableStore()
    store[first] = Tensor([1, 2, 3] as [Float])
    store[second] = Tensor([10, 20, 30] as [Float])
    let (a, b) = (try Node.value(of: first), try Node.value(of: second))
    let swap = Computation(
      inputs: [], outputs: [try a + b], updates: [.init(first, to: b), .init(second, to: a)])
    let program = try Program(swap, store: store, options: options)
    try program.run([])
    #expect(store[first].scalars() == [10, 20, 30] as [Float])
    #expect(store[second].scalars() == [1, 2, 3] as [Float])
    #expect(program.output(0).doubles == [11, 22, 33])
  }

  @Test(arguments: modes)
  func aVariableIsReadBeforeItIsOverwritten(options: EngineOptions) throws {
    let weight = Variable("weight", TensorType([4]), isTrainable: true)
    let store = VariableStore()
    store[weight] = Tensor([1, 2, 3, 4] as [Float])
    let value = try Node.value(of: weight)
    let new = try value * 2
    let reversed = try value.reshaped(to: [2, 2]).transposed([1, 0])
    let computation = Computation(
      inputs: [], outputs: [try reversed + 1, value], updates: [.init(weight, to: new)])
    let program = try Program(computation, store: store, options: options)
    for _ in 0..<2 { try program.run([]) }
    #expect(program.output(0).doubles == [3, 7, 5, 9])
    #expect(program.output(1).doubles == [2, 4, 6, 8])
    #expect(store[weight].scalars() == [4, 8, 12, 16] as [Float])
  }

  @Test(arguments: modes)
  func oneValueMayBeSeveralResults(options: EngineOptions) throws {
    let x = try Node.placeholder("x", TensorType([2, 2]))
    let square = try x.squared()
    let flat = try square.reshaped(to: [4])
    let program = try Program(
      Computation(inputs: [x], outputs: [square, flat, x, square]), options: options)
    try program.run([Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])])
    #expect(program.output(0).doubles == [1, 4, 9, 16])
    #expect(program.output(1).shape == [4])
    #expect(program.output(1).doubles == [1, 4, 9, 16])
    #expect(program.output(2).doubles == [1, 2, 3, 4])
    #expect(program.output(3).doubles == [1, 4, 9, 16])
  }

  @Test func inputsOfAnotherTypeAreRefused() throws {
    let x = try Node.placeholder("images", TensorType([2, 2]))
    let program = try Program(Computation(inputs: [x], outputs: [try x + 1]))
    let error = #expect(throws: ProgramError.self) {
      try program.run([Tensor(zeros: TensorType([2, 3]))])
    }
    #expect(
      error.map(String.init(describing:)) == "input images is float32[2, 2], got float32[2, 3]")
    #expect(throws: ProgramError.self) { try program.run([]) }
  }

  @Test func aFunctionIsTracedOncePerShape() throws {
    var traces = 0
    let double = Function { inputs in
      traces += 1
      return [try inputs[0] * 2]
    }
    #expect(try double(Tensor([1, 2] as [Float]))[0].doubles == [2, 4])
    #expect(try double(Tensor([3, 4] as [Float]))[0].doubles == [6, 8])
    #expect(try double(Tensor([5] as [Float]))[0].doubles == [10])
    #expect(traces == 2)
  }

  @Test func runningTakesNoMemoryThatPlanningDidNot() throws {
    let x = try Node.placeholder("x", TensorType([16, 8, 8, 4]))
    let filter = Variable("filter", TensorType([3, 3, 4, 8]), isTrainable: true)
    let weights = try Node.value(of: filter)
    let loss = try x.convolution2D(with: weights, padding: .same).relu().squared().mean()
    let slope = try gradients(of: loss, with: [weights])[0]
    let program = try Program(
      Computation(
        inputs: [x], outputs: [loss], updates: [.init(filter, to: try weights - slope * 0.1)]),
      options: EngineOptions(threads: 2))
    let batch = Tensor(zeros: TensorType([16, 8, 8, 4]))
    for _ in 0..<3 { try program.run([batch]) }
    // Other tests run beside this one: only growth in every round counts.
    var growth = Int.max
    for _ in 0..<20 where growth >= 500 * batch.type.byteCount {
      let before = residentByteCount()
      for _ in 0..<1000 { try program.run([batch]) }
      growth = residentByteCount() - before
    }
    #expect(growth < 500 * batch.type.byteCount)
  }

  /// The memory that this process holds.
  private func residentByteCount() -> Int {
    var line = [CChar](repeating: 0, count: 256)
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let numbers = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }.split(separator: 32)
    guard numbers.count > 1, let pages = Int(String(decoding: numbers[1], as: UTF8.self)) else {
      return 0
    }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}
