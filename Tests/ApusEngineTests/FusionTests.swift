import ApusEngine
import ApusGraph
import ApusTensors
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
}
