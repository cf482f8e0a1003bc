import ApusEngine
import ApusGraph
import ApusTensors
import ApusTestSupport
import Testing

struct FusionTests {
  private func operations(of outputs: [Node], inputs: [Node]) throws -> [String] {
    let program = try Program(Computation(inputs: inputs, outputs: outputs))
    return program.profile.operations.map(\.name)
  }

  @Test func aChainOfElementwiseOperationsIsOnePass() throws {
    let x = try Node.placeholder("x", TensorType([4, 8]))
    let bias = try Node.placeholder("bias", TensorType([8]))
    let output = try ((x + bias).tanh() * 3 - 1).relu6()
    #expect(try operations(of: [output], inputs: [x, bias]) == ["fusedElementwise"])
  }

  @Test func valuesReadInBetweenKeepTheirPlace() throws {
    // The product reads the sum before the last step could: two passes, not one.
    let x = try Node.placeholder("x", TensorType([4, 4]))
    let sum = try x + 1
    let product = try sum.matrixProduct(with: sum)
    let output = try sum * product
    let names = try operations(of: [output], inputs: [x])
    #expect(names == ["fusedElementwise", "matrixProduct", "fusedElementwise"])
  }

  @Test func batchNormalizationAndItsActivationAreOneOperationBothWays() throws {
    let x = try Node.placeholder("x", TensorType([16, 3]))
    let gamma = try Node.placeholder("gamma", TensorType([3]))
    let beta = try Node.placeholder("beta", TensorType([3]))
    let normalized = try BatchNormalization(epsilon: 1e-3).outputs(of: [x, gamma, beta])
    let output = try normalized[0].relu6()
    let loss = try output.squared().sum()
    let slopes = try gradients(of: loss, with: [x, gamma, beta])
    let names = try operations(of: [loss] + slopes + [normalized[1]], inputs: [x, gamma, beta])
    #expect(names.contains("batchNormalizationClip"))
    #expect(names.contains("batchNormalizationClipGradient"))
    #expect(!names.contains("batchNormalization") && !names.contains("batchNormalizationGradient"))
  }

  @Test func aNormalizationReadElsewhereIsNotFused() throws {
    let x = try Node.placeholder("x", TensorType([16, 3]))
    let one = try Node.filled(1, like: TensorType([3]))
    let normalized = try BatchNormalization(epsilon: 1e-3).outputs(of: [x, one, one])[0]
    let names = try operations(of: [try normalized.relu6(), normalized], inputs: [x])
    #expect(names.contains("batchNormalization"))
  }

  @Test func mergedApplicationsAreRunOnce() throws {
    let x = try Node.placeholder("x", TensorType([8, 8]))
    let twice = try [x.matrixProduct(with: x), x.matrixProduct(with: x)]
    #expect(try operations(of: [twice[0] + twice[1]], inputs: [x]).count == 2)
  }

  @Test func aViewOfAFusedValueDoesNotRunItsProducersTwice() throws {
    let x = try Node.placeholder("x", TensorType([4, 6]))
    let product = try x.matrixProduct(with: x, transposingSecond: true)
    let positive = try product.relu()
    let view = try positive.reshaped(to: [2, 8])
    let outputs = [
      try positive.exponential(), try view.matrixProduct(with: view, transposingSecond: true), view,
    ]
    let names = try operations(of: outputs, inputs: [x])
    #expect(names.count { $0 == "matrixProduct" } == 2, "\(names)")
    let tensor = Tensor((0..<24).map { Float($0) / 24 - 0.4 }, shape: [4, 6])
    #expect(try agreement(of: outputs, inputs: [x], for: [tensor]) < 1e-6)
  }

  @Test func zeroKeepsItsSign() throws {
    let x = try Node.placeholder("x", TensorType([4]))
    let zeros = try [0.0, -0.0].map { try Node.constant(Tensor([Float($0)])).broadcast(to: [4]) }
    let output = try Node.select(x.isGreater(than: 0), zeros[0], zeros[1]).reciprocal()
    for options in EdgeDerivativeTests.modes {
      let program = try Program(Computation(inputs: [x], outputs: [output]), options: options)
      try program.run([Tensor([1, -1, 2, -2] as [Float])])
      #expect(program.output(0).doubles == [.infinity, -.infinity, .infinity, -.infinity])
    }
  }

  @Test func anEmptyBatchHasNoGradients() throws {
    let x = try Node.placeholder("x", TensorType([0, 3]))
    let parameters = try ["gamma", "beta"].map { try Node.placeholder($0, TensorType([3])) }
    let output = try BatchNormalization(epsilon: 0.1).outputs(of: [x] + parameters)[0]
    let slopes = try gradients(of: output.sum(), with: parameters)
    for options in EdgeDerivativeTests.modes {
      let program = try Program(
        Computation(inputs: [x] + parameters, outputs: slopes), options: options)
      try program.run([
        Tensor([] as [Float], shape: [0, 3]), Tensor([1, 1, 1] as [Float]),
        Tensor([0, 0, 0] as [Float]),
      ])
      #expect(program.outputs().map(\.doubles) == [[0, 0, 0], [0, 0, 0]])
    }
  }

  @Test func zerosAroundPicturesAreLeftToTheConvolution() throws {
    let x = try Node.placeholder("x", TensorType([2, 6, 5, 3]))
    let filter = try Node.placeholder("filter", TensorType([3, 3, 3, 4]))
    let padded = try x.padded(before: [0, 0, 1, 0], after: [0, 1, 2, 0])
    let loss = try padded.convolution2D(with: filter, strides: Size2D(2)).squared().sum()
    let outputs = [loss] + (try gradients(of: loss, with: [x, filter]))
    let names = try operations(of: outputs, inputs: [x, filter])
    #expect(!names.contains("pad") && !names.contains("slice"), "\(names)")
    let tensors = [
      Tensor((0..<180).map { Float($0 % 17) / 17 }, shape: [2, 6, 5, 3]),
      Tensor((0..<108).map { Float($0 % 13) / 13 - 0.5 }, shape: [3, 3, 3, 4]),
    ]
    #expect(try agreement(of: outputs, inputs: [x, filter], for: tensors) < 1e-5)
  }

  @Test func bfloat16ProductsSumInFloat32() throws {
    let x = try Node.placeholder("x", TensorType([8, 32]))
    let y = try Node.placeholder("y", TensorType([32, 8]))
    let product = try x.matrixProduct(with: y)
    let program = try Program(
      Computation(inputs: [x, y], outputs: [product]),
      options: EngineOptions(threads: 1, precision: .bfloat16))
    #expect(program.profile.operations.contains { $0.inputs.contains { $0.dataType == .bfloat16 } })
    // 1 + 2⁻⁷ is a bfloat16; the sum of 32 of its squares is none and must not be rounded to one.
    let value: Float = 1 + 1 / 128
    let ones = [Float](repeating: value, count: 256)
    try program.run([Tensor(ones, shape: [8, 32]), Tensor(ones, shape: [32, 8])])
    #expect(program.output(0).doubles.allSatisfy { $0 == 32 * Double(value) * Double(value) })
  }
}

/// The largest relative difference between fast and reference results.
func agreement(
  of outputs: [Node], inputs: [Node], for tensors: [Tensor]
) throws -> Double {
  let computation = Computation(inputs: inputs, outputs: outputs)
  let fast = try Program(computation, options: EngineOptions(threads: 2))
  let reference = try Program(computation, options: .reference)
  try fast.run(tensors)
  try reference.run(tensors)
  return zip(fast.outputs(), reference.outputs()).reduce(0) { worst, pair in
    max(worst, relativeError(of: pair.0.doubles, to: pair.1.doubles))
  }
}
