import ApusEngine
import ApusGraph
import ApusTensors
import ApusTestSupport
import Testing

/// Random numbers in fused chains: drawn again where they are read, never kept between passes.
struct DrawTests {
  private let key: Node
  private let keyValue = Tensor([Int64(3), 5])

  init() throws { key = try Node.placeholder("key", .randomKey) }

  private func operations(of outputs: [Node], inputs: [Node]) throws -> [String] {
    let program = try Program(Computation(inputs: inputs, outputs: outputs))
    return program.profile.operations.map(\.name)
  }

  private func numbers(_ shape: Shape) -> Tensor {
    Tensor((0..<shape.count).map { Float($0 % 17) / 8 - 1 }, shape: shape)
  }

  /// A product between passes, so that both cannot become one pass, and the slope of its square.
  private func slopes(
    _ x: Node, _ filter: Node, _ noise: (Node) throws -> Node
  ) throws -> [Node] {
    let product = try noise(x.tanh()).matrixProduct(with: filter)
    return try [product] + gradients(of: product.squared().sum(), with: [x, filter])
  }

  @Test func dropoutIsPartOfAChain() throws {
    let x = try Node.placeholder("x", TensorType([5, 7]))
    let bias = try Node.placeholder("bias", TensorType([7]))
    let output = try (x + bias).relu().dropout(rate: 0.3, key: key, stream: 4) * 2
    #expect(try operations(of: [output], inputs: [x, bias, key]) == ["fusedElementwise"])
    let tensors = [numbers([5, 7]), numbers([7]), keyValue]
    #expect(try agreement(of: [output], inputs: [x, bias, key], for: tensors) < 1e-6)
  }

  @Test func noiseIsDrawnAgainInTheBackwardPass() throws {
    let x = try Node.placeholder("x", TensorType([6, 9]))
    let filter = try Node.placeholder("filter", TensorType([9, 4]))
    let outputs = try slopes(x, filter) {
      try $0 * key.randomNormal($0.type, stream: 1, mean: 1, standardDeviation: 0.5)
    }
    let inputs = [x, filter, key]
    let names = try operations(of: outputs, inputs: inputs)
    #expect(!names.contains("randomNormal"), "\(names)")
    let tensors = [numbers([6, 9]), numbers([9, 4]), keyValue]
    #expect(try agreement(of: outputs, inputs: inputs, for: tensors) < 1e-5)
  }

  @Test func aSmallMaskIsDrawnByEachPass() throws {
    let x = try Node.placeholder("x", TensorType([2, 6, 3]))
    let filter = try Node.placeholder("filter", TensorType([3, 4]))
    let outputs = try slopes(x, filter) { value in
      let mask = try Node.filled(1, like: TensorType([2, 1, 3]))
        .dropout(rate: 0.5, key: key, stream: 2)
      return try (value * mask).reshaped(to: [12, 3])
    }
    let inputs = [x, filter, key]
    let names = try operations(of: outputs, inputs: inputs)
    #expect(names.count { $0 == "broadcast" } == 2, "\(names)")
    let tensors = [numbers([2, 6, 3]), numbers([3, 4]), keyValue]
    #expect(try agreement(of: outputs, inputs: inputs, for: tensors) < 1e-5)
  }

  @Test func productsShareTheirNumbers() throws {
    let filter = try Node.placeholder("filter", TensorType([9, 4]))
    let noise = try key.randomUniform(TensorType([6, 9]), stream: 1)
    let product = try noise.matrixProduct(with: filter)
    let outputs = [product] + (try gradients(of: product.squared().sum(), with: [filter]))
    let names = try operations(of: outputs, inputs: [filter, key])
    #expect(names.count { $0 == "randomUniform" || $0 == "fusedElementwise" } <= 2, "\(names)")
    let tensors = [numbers([9, 4]), keyValue]
    #expect(try agreement(of: outputs, inputs: [filter, key], for: tensors) < 1e-5)
  }
}
