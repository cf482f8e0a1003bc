import ApusEngine
import ApusGraph
import ApusTensors
import Testing

/// Steps that depend on variables alone run only where a variable changed since.
struct SteadyStepTests {
  private let weight = Variable("weight", TensorType([2, 2]), isTrainable: true)
  private let other = Variable("other", TensorType([2, 2]), isTrainable: true)
  private let store = VariableStore()

  private let ones = Tensor([1, 1, 1, 1] as [Float], shape: [2, 2])

  /// `x · (w + w²)`; the sum is steady.
  private func product() throws -> (x: Node, output: Node) {
    let x = try Node.placeholder("x", TensorType([2, 2]))
    let value = try Node.value(of: weight)
    return (x, try x.matrixProduct(with: value + value.squared()))
  }

  private func set(_ number: Float, _ variable: Variable) {
    store[variable] = Tensor([number, 0, 0, number], shape: [2, 2])
  }

  @Test func areMarkedAndSeeEveryChangeOfAVariable() throws {
    let (x, output) = try product()
    let program = try Program(Computation(inputs: [x], outputs: [output]), store: store)
    #expect(program.profile.operations.map(\.isSteady) == [true, false])
    for number: Float in [1, 1, 2, 3, 3, -1] {
      set(number, weight)
      for _ in 0..<2 {
        try program.run([ones])
        let expected = Double(number + number * number)
        #expect(program.output(0).doubles == Array(repeating: expected, count: 4))
      }
    }
  }

  @Test func seeWhatAnotherProgramChanged() throws {
    let (x, output) = try product()
    let reader = try Program(Computation(inputs: [x], outputs: [output]), store: store)
    let value = try Node.value(of: weight)
    let step = try Node.placeholder("step", TensorType([2, 2]))
    let writer = try Program(
      Computation(inputs: [step], outputs: [], updates: [.init(weight, to: value + step)]),
      store: store)
    set(0, weight)
    for number in 1...3 {
      try reader.run([ones])
      try writer.run([Tensor([1, 0, 0, 1] as [Float], shape: [2, 2])])
      try reader.run([ones])
      let expected = Double(number + number * number)
      #expect(reader.output(0).doubles == Array(repeating: expected, count: 4))
    }
  }

  @Test func doNotContainWhatTheProgramItselfChanges() throws {
    let (x, output) = try product()
    let value = try Node.value(of: other)
    let scaled = try output.matrixProduct(with: value * 2)
    let program = try Program(
      Computation(inputs: [x], outputs: [scaled], updates: [.init(other, to: value + x)]),
      store: store)
    set(1, weight)
    set(1, other)
    // The sum of the frozen weight is steady, the double of the changing one is not.
    #expect(program.profile.operations.count(where: \.isSteady) == 1)
    let step = Tensor([1, 0, 0, 1] as [Float], shape: [2, 2])
    for number in 1...4 {
      try program.run([step])
      #expect(program.output(0).doubles == [4 * Double(number), 0, 0, 4 * Double(number)])
    }
  }

  /// Whatever a run has changed before it failed, others see.
  @Test func seeWhatAFailedRunChanged() throws {
    let (x, output) = try product()
    let reader = try Program(Computation(inputs: [x], outputs: [output]), store: store)
    let value = try Node.value(of: weight)
    let place = try Node.placeholder("place", TensorType([1], .int32))
    let writer = try Program(
      Computation(
        inputs: [place], outputs: [(value + 1).gathering(place)],
        updates: [.init(weight, to: value + 1)]),
      store: store)
    set(2, weight)
    try reader.run([ones])
    #expect(throws: ProgramError.self) { try writer.run([Tensor([7 as Int32])]) }
    try reader.run([ones])
    let expected = try Program(Computation(inputs: [x], outputs: [output]), store: store)
    try expected.run([ones])
    #expect(reader.output(0).doubles == expected.output(0).doubles)
  }

  @Test func aComputationWithoutInputsAlwaysRuns() throws {
    let value = try Node.value(of: weight)
    let program = try Program(Computation(inputs: [], outputs: [try value + 1]), store: store)
    #expect(program.profile.operations.map(\.isSteady) == [false])
  }
}
