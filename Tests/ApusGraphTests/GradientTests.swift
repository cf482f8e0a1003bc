import ApusGraph
import ApusTensors
import Testing

struct GradientTests {
  /// The names of the operations that `nodes` are made of.
  private func names(of nodes: [Node]) -> [String] {
    reachable(from: nodes).map { $0.operation.name }
  }

  @Test func gradientsHaveTheTypesOfTheirInputs() throws {
    let x = try placeholders([3, 1, 5], [4, 1])
    let gradients = try gradients(of: x[0] * x[1], with: x)
    #expect(gradients.map(\.type) == x.map(\.type))
  }

  @Test func anInputThatIsNotUsedHasAGradientOfZeros() throws {
    let x = try placeholders([2, 3], [4])
    let gradient = try gradients(of: x[0].tanh(), with: [x[1]])[0]
    #expect(gradient.type == x[1].type)
    #expect(gradient.uniformValue == 0)
  }

  @Test func gradientsStopAtTheirInputs() throws {
    let x = try placeholders([2, 3])[0]
    let middle = try x.exponential()
    let gradient = try gradients(of: middle.tanh(), with: [middle])
    #expect(!names(of: gradient).contains("logarithm"))
    #expect(try gradients(of: middle, with: [middle])[0].uniformValue == 1)
  }

  @Test func stopGradientStops() throws {
    let x = try placeholders([2, 3])[0]
    let gradient = try gradients(of: x.tanh().stoppingGradient() * 2, with: [x])[0]
    #expect(gradient.uniformValue == 0)
  }

  @Test func stepsHaveAGradientOfZerosAndIndicesNone() throws {
    let x = try placeholders([2, 3])[0]
    #expect(try gradients(of: x.floor(), with: [x])[0].uniformValue == 0)
    #expect(try gradients(of: x.sign(), with: [x])[0].uniformValue == 0)
    let chosen = try x.argMax().cast(to: .float32)
    #expect(try gradients(of: chosen, with: [x])[0].uniformValue == 0)
  }

  @Test func anOperationWithoutDerivativeNamesItself() throws {
    let x = try placeholders([2, 3])[0]
    let node = try Node(Application(WithoutDerivative(), [x]))
    let error = #expect(throws: GraphError.self) { try gradients(of: node.tanh(), with: [x]) }
    #expect(error?.reason == .noDerivative("any input"))
    #expect(
      error?.description
        == "withoutDerivative: has no derivative with respect to any input; input float32[2, 3]")
  }

  @Test func anOperationWithoutSecondDerivativeNamesTheOneThatHasNone() throws {
    let x = try placeholders([2, 3])[0]
    let node = try Node(Application(OnceDifferentiable(), [x]))
    let slope = try gradients(of: node.tanh(), with: [x])[0]
    let error = #expect(throws: GraphError.self) { try gradients(of: slope.squared(), with: [x]) }
    #expect(error?.reason == .noDerivative("any input"))
    #expect(error?.operation == "withoutDerivative")
  }

  @Test func anOperationWithoutDerivativeOffThePathDoesNoHarm() throws {
    let x = try placeholders([2, 3], [2, 3])
    let other = try Node(Application(WithoutDerivative(), [x[1]]))
    #expect(try gradients(of: x[0] * other, with: [x[0]])[0] == other)
  }

  @Test func gradientsOfWholeNumbersAreRefused() throws {
    let x = try placeholders([TensorType([2], .int32)])[0]
    let error = #expect(throws: GraphError.self) { try gradients(of: x, with: [x]) }
    #expect(error?.reason == .dataType(expected: "real numbers", actual: .int32))
  }

  @Test func anOperandGivenTwiceToADecomposedOperationCountsOnce() throws {
    let x = try placeholders([2, 3], [3])
    let node = try LayerNormalization(epsilon: 1)(x[0], x[1], x[1])
    let seed = try Node.filled(1, like: node.type)
    let derivatives = try node.operation.derivative(at: node, along: [seed])
    #expect(derivatives.map { $0 == nil } == [false, false, true])
  }

  @Test func theGradientOfAMeanAddsNoProductWithOne() throws {
    let x = try placeholders([2, 3])[0]
    let gradient = try gradients(of: x.sum(), with: [x])[0]
    #expect(names(of: [gradient]).filter { $0 == "multiply" } == [])
    #expect(gradient.uniformValue == 1)
  }

  @Test func convolutionsAreClosedUnderDerivatives() throws {
    let x = try placeholders([2, 6, 6, 4], [3, 3, 2, 6])
    let y = try x[0].convolution2D(
      with: x[1], strides: Size2D(2), dilations: Size2D(2), padding: .same, groups: 2)
    var inputs = x
    var value = try y.squared().sum()
    for _ in 0..<3 {
      let next = try gradients(of: value, with: inputs)
      value = try (next[0].squared().sum() + next[1].squared().sum())
      inputs = x
    }
    let kinds = Set(names(of: [value]).filter { $0.hasPrefix("convolution") })
    #expect(
      kinds == ["convolution2D", "convolution2DInputGradient", "convolution2DFilterGradient"])
  }

  @Test func bfloat16ProductsHaveBFloat16Gradients() throws {
    let types = [TensorType([2, 3], .bfloat16), TensorType([3, 4], .bfloat16)]
    let x = try placeholders(types)
    let y = try MatrixProduct(resultType: .float32).outputs(of: x)[0]
    #expect(y.dataType == .float32)
    #expect(try gradients(of: y, with: x).map(\.type) == types)
  }

  @Test func theGradientOfManyPartsIsOneConcatenation() throws {
    let x = try placeholders([50, 2])[0]
    var sum = try Node.constant(0)
    for part in try x.split(into: 50, alongAxis: 0) { sum = try sum + part.tanh().sum() }
    let gradient = try gradients(of: sum, with: [x])
    #expect(names(of: gradient).filter { $0 == "concatenate" }.count == 1)
    #expect(names(of: gradient).filter { $0 == "pad" }.isEmpty)
  }

  @Test func secondDerivativesOfAChainGrowInProportionToIt() throws {
    func count(_ length: Int) throws -> Int {
      let x = try placeholders([2, 3])[0]
      var value = x
      for _ in 0..<length { value = try value.tanh() }
      let first = try gradients(of: value, with: [x])[0]
      return names(of: try gradients(of: first.squared(), with: [x])).count
    }
    #expect(try count(40) < 5 * count(10))
  }
}

/// An operation that has neither derivative nor decomposition.
private struct WithoutDerivative: Operation {
  static let name = "withoutDerivative"
  func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] { inputs }
}

/// Has a derivative that has none itself.
private struct OnceDifferentiable: Operation {
  static let name = "onceDifferentiable"

  func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] { inputs }

  func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil] }
    return [try gradient * Node(Application(WithoutDerivative(), [node.inputs[0]]))]
  }
}
