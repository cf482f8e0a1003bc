import ApusEngine
import ApusGraph
import ApusTensors
import Foundation
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

  @Test(arguments: modes)
  func inputsThatAreNotListedAreRefused(options: EngineOptions) throws {
    let (x, y) = (
      try Node.placeholder("images", TensorType([2])), try Node.placeholder("mask", TensorType([2]))
    )
    let error = #expect(throws: ProgramError.self) {
      try Program(Computation(inputs: [x], outputs: [try x + y]), options: options)
    }
    #expect(
      error.map(String.init(describing:))
        == "the computation reads input mask, which its inputs do not list")
  }

  @Test(arguments: modes)
  func inputsArePlaceholdersListedOnce(options: EngineOptions) throws {
    let x = try Node.placeholder("images", TensorType([2]))
    let (double, result) = (try x * 2, try x * 2 + 1)
    for (inputs, sentence) in [
      ([x, double], "inputs are placeholders, got what multiply computes"),
      ([x, x], "input images is listed twice"),
    ] {
      let error = #expect(throws: ProgramError.self) {
        try Program(Computation(inputs: inputs, outputs: [result]), options: options)
      }
      #expect(error.map(String.init(describing:)) == sentence)
    }
  }

  /// More than a convolution takes stays a step of its own.
  @Test(arguments: modes)
  func picturesMayHaveMorePaddingThanConvolutions(options: EngineOptions) throws {
    let (x, filter) = (
      try Node.placeholder("x", TensorType([1, 1, 10, 1])),
      try Node.placeholder("filter", TensorType([1, 3, 1, 1]))
    )
    let padded = try x.padded(before: [0, 0, 1_100_000, 0], after: [0, 0, 0, 0])
    let sums = try padded.convolution2D(with: filter).sum()
    let slopes = try gradients(of: sums, with: [x])
    let program = try Program(
      Computation(inputs: [x, filter], outputs: [sums] + slopes), options: options)
    try program.run([
      Tensor([Float](repeating: 1, count: 10), shape: [1, 1, 10, 1]),
      Tensor([1, 1, 1] as [Float], shape: [1, 3, 1, 1]),
    ])
    #expect(program.scalar(0) == 27)
    #expect(program.output(1).doubles == [3, 3, 3, 3, 3, 3, 3, 3, 2, 1])
  }

  @Test(arguments: modes)
  func aSoftmaxOfInfinityIsNoNumber(options: EngineOptions) throws {
    let x = try Node.placeholder("x", TensorType([1, 3]))
    let program = try Program(
      Computation(inputs: [x], outputs: [try x.softmax(), try x.logSoftmax()]), options: options)
    try program.run([Tensor([0, 1, .infinity] as [Float], shape: [1, 3])])
    for output in program.outputs() { #expect(output.doubles.allSatisfy { $0.isNaN }) }
  }

  @Test(arguments: modes)
  func whatIsRearrangedTwiceIsRearrangedOnce(options: EngineOptions) throws {
    let x = try Node.placeholder("x", TensorType([2, 3, 1]))
    let outputs = try [
      x.reshaped(to: [6]).reshaped(to: [3, 2]), x.transposed([2, 0, 1]).transposed([1, 2, 0]),
      x.transposed([1, 2, 0]).transposed([0, 2, 1]),
      x.reversed(alongAxes: [0, 1]).reversed(alongAxes: [1]), -(-x),
    ]
    let program = try Program(Computation(inputs: [x], outputs: outputs), options: options)
    try program.run([Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3, 1])])
    #expect(
      program.outputs().map(\.doubles) == [
        [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6], [1, 4, 2, 5, 3, 6],
        [4, 5, 6, 1, 2, 3], [1, 2, 3, 4, 5, 6],
      ])
    if options.mode == .fast { #expect(program.profile.operations.count == 2) }
  }

  @Test(arguments: modes)
  func updatesAreOnesOfTheirVariable(options: EngineOptions) throws {
    let weight = Variable("weight", TensorType([4]), isTrainable: true)
    let x = try Node.placeholder("x", TensorType([1000]))
    func sentence(_ values: [Node]) -> String? {
      let error = #expect(throws: ProgramError.self) {
        try Program(
          Computation(inputs: [x], outputs: [], updates: values.map { .init(weight, to: $0) }),
          options: options)
      }
      return error?.description
    }
    #expect(try sentence([x + 1]) == "variable weight is float32[4], its update float32[1000]")
    let value = try Node.value(of: weight)
    #expect(
      try sentence([value + 1, value * 2])
        == "variable weight has two updates, expected one at most")
  }

  @Test(arguments: modes)
  func statisticsThatAreClippedAreNotTheNormalizedValue(options: EngineOptions) throws {
    let x = try Node.placeholder("x", TensorType([4, 2]))
    let one = try Node.filled(1, like: TensorType([2]))
    let parts = try x.batchNormalized(scale: one, offset: one, epsilon: 0.1)
    let program = try Program(
      Computation(inputs: [x], outputs: [parts.value.relu(), parts.variance.clipped(lower: 0.5)]),
      options: options)
    try program.run([Tensor([1, 3, 1, 3, 1, 5, 1, 5] as [Float], shape: [4, 2])])
    #expect(program.output(1).doubles == [0.5, 1])
  }

  @Test(arguments: modes)
  func extentsOfZeroAreComputedWith(options: EngineOptions) throws {
    let (x, y) = (
      try Node.placeholder("x", TensorType([4, 0])), try Node.placeholder("y", TensorType([0, 2]))
    )
    let (none, two) = (
      try Node.filled(1, like: TensorType([0])), try Node.filled(1, like: TensorType([2]))
    )
    let normalized = try x.batchNormalized(scale: none, offset: none, epsilon: 0.1).value
    let outputs = try [
      x - x.mean(overAxes: [1], keepingAxes: true), x.variance(overAxes: [1]),
      gradients(of: normalized.tanh(), with: [x])[0],
      y.batchNormalized(scale: two, offset: two, epsilon: 0.1).variance,
    ]
    let program = try Program(Computation(inputs: [x, y], outputs: outputs), options: options)
    try program.run([Tensor(zeros: x.type), Tensor(zeros: y.type)])
    #expect(program.outputs().map(\.count) == [0, 4, 0, 2])
    for index in [1, 3] {
      #expect(program.output(index).doubles.allSatisfy { $0.isNaN })
    }
    #expect(program.scalar(0).isNaN)
  }

  /// 16842753 is 2²⁴ + 2¹⁶ + 1: above the middle of two numbers of bfloat16, and float32 takes the 1 away.
  @Test(arguments: modes, [DataType.int32, .int64, .float64])
  func numbersAreRoundedToBFloat16Once(options: EngineOptions, source: DataType) throws {
    let x = try Node.placeholder("x", TensorType([1], source))
    let program = try Program(
      Computation(inputs: [x], outputs: [x.cast(to: .bfloat16)]), options: options)
    let number: Tensor =
      switch source {
      case .int32: Tensor([16_842_753 as Int32])
      case .int64: Tensor([16_842_753 as Int64])
      default: Tensor([16_842_753 as Double])
      }
    try program.run([number])
    #expect(program.output(0).doubles == [16_908_288])
  }

  /// Programs flush subnormal numbers to zero; who calls them keeps theirs.
  @Test func theCallersArithmeticStays() async throws {
    let isKept = await withCheckedContinuation { continuation in
      Thread {
        // A thread begins as the one that makes it, which may have run kernels: the default environment.
        fesetenv(UnsafePointer(bitPattern: -1))
        let double = Function { [try $0[0] * 2] }
        let result = try? double(Tensor([1] as [Float]))
        let tiny = Double.leastNormalMagnitude * (result?[0].doubles[0] ?? 0)
        // Bits, for a comparison would flush, too.
        continuation.resume(returning: (tiny / 8).bitPattern != 0)
      }.start()
    }
    #expect(isKept)
  }

  /// Operations of other packages have no kernels, and may be made of each other.
  @Test(arguments: modes)
  func decompositionsOfDecompositionsRun(options: EngineOptions) throws {
    let x = try Node.placeholder("x", TensorType([2]))
    let program = try Program(
      Computation(inputs: [x], outputs: [Outer()(x)]), options: options)
    try program.run([Tensor([0, 1] as [Float])])
    #expect(program.output(0).doubles == [1, 3])
  }

  @Test func threadsHaveALimit() {
    #expect(EngineOptions(threads: .max).threads == 1024)
    #expect(EngineOptions(threads: 0).threads == 1)
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
      let before = try residentByteCount()
      for _ in 0..<1000 { try program.run([batch]) }
      growth = try residentByteCount() - before
    }
    #expect(growth < 500 * batch.type.byteCount)
  }

  /// The memory that this process holds.
  private func residentByteCount() throws -> Int {
    var line = [CChar](repeating: 0, count: 256)
    let file = try #require(fopen("/proc/self/statm", "r"))
    defer { fclose(file) }
    try #require(fgets(&line, Int32(line.count), file) != nil)
    let numbers = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }.split(separator: 32)
    let pages = try #require(
      numbers.count > 1 ? Int(String(decoding: numbers[1], as: UTF8.self)) : nil)
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }
}

/// Twice the value, by its definition alone.
private struct Inner: UnaryFunction {
  static let name = "inner of another package"

  func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? { [try inputs[0] * 2] }

  func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? { try gradient * 2 }
}

/// One more than that.
private struct Outer: UnaryFunction {
  static let name = "outer of another package"

  func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    [try Inner()(inputs[0]) + 1]
  }

  func derivative(
    at input: Node, giving output: Node, along gradient: Node
  ) throws(GraphError) -> Node? { try gradient * 2 }
}
