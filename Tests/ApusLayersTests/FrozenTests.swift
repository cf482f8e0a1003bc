import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import Testing

struct FrozenTests {
  private func traced(
    _ model: some Layer, _ registry: ParameterRegistry, for phase: Phase = .training
  ) throws -> (trace: Trace, output: Node) {
    let trace = Trace(for: phase, registry: registry)
    let input = try Node.placeholder("input", TensorType([4, 3]))
    return (trace, try model(input, in: trace.root))
  }

  private let model = Sequential {
    Frozen(
      Sequential {
        Dense(5).named("inner")
        BatchNorm().named("norm")
        Dropout(0.5).named("drop")
      }
    ).named("base")
    Dense(2).named("head")
  }

  @Test func parametersAreReadButNotTrained() throws {
    let (trace, _) = try traced(model, ParameterRegistry())
    #expect(
      trace.trainedParameters.map(\.variable.name) == ["head/kernel", "head/bias"])
    #expect(trace.parameters.count == 8)
    #expect(trace.updates.isEmpty)
    #expect(trace.key == nil, "a frozen dropout drops nothing")
    #expect(try traced(model, ParameterRegistry(), for: .statistics).trace.moments.isEmpty)
  }

  @Test func aFrozenLayerThatUpdatesAStatisticIsRefused() {
    let error = #expect(throws: GraphError.self) {
      try traced(Frozen(Counting().named("inner")), ParameterRegistry())
    }
    #expect(error?.description == "inner/count: is frozen and keeps its value, got an update")
  }

  @Test func freezingBelongsToTheCallAndNotToTheWeights() throws {
    let registry = ParameterRegistry()
    let layer = Dense(5).named("inner")
    let first = try traced(Frozen(layer), registry).trace
    let second = try traced(layer, registry).trace
    #expect(first.trainedParameters.isEmpty)
    #expect(second.trainedParameters.count == 2)
    #expect(registry.variables.count == 2)
  }

  @Test func aScopeInsideAFrozenOneIsFrozen() throws {
    let block = Block("Block") { (x, scope) throws(GraphError) in
      let inner = scope.frozen.scope("a").scope("b")
      #expect(inner.isFrozen && !inner.isTraining)
      #expect(scope.isTraining)
      return try Dense(2)(x, in: inner)
    }
    #expect(try traced(block, ParameterRegistry()).trace.trainedParameters.isEmpty)
  }

  @Test func gradientsPassThroughAFrozenLayer() throws {
    let chain = Sequential {
      Dense(3).named("first")
      Frozen(Dense(2)).named("second")
    }
    let (trace, output) = try traced(chain, ParameterRegistry())
    let values = trace.trainedParameters.map(\.value)
    #expect(values.count == 2)
    let slopes = try gradients(of: output, with: values)
    #expect(slopes.map(\.type) == values.map(\.type))
  }

  @Test func aFrozenNormalizationTakesItsRunningStatistics() throws {
    let input = Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2]).converted(to: .float32)
    let weights = [
      "moving_mean": Tensor([1, 2] as [Float]), "moving_variance": Tensor([4, 9] as [Float]),
    ]
    let frozen = try LayerRun(
      Frozen(BatchNorm(epsilon: 1e-3)), on: input, for: .training, weights: weights)
    let inference = try LayerRun(
      BatchNorm(epsilon: 1e-3), on: input, for: .inference, weights: weights)
    #expect(frozen.output == inference.output)
    #expect(frozen.state == inference.state)
  }

  @Test func theSummaryCountsWhatIsTrained() throws {
    let table = try summary(of: model, input: TensorType([4, 3]))
    #expect(table.trainableCount == 5 * 2 + 2)
    #expect(table.parameterCount == 3 * 5 + 5 + 4 * 5 + 5 * 2 + 2)
  }
}

/// A layer that counts its calls, whether or not it is trained.
private struct Counting: Layer {
  func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let count = try scope.parameter("count", [1], initializer: .zeros, isTrainable: false)
    try scope.update("count", to: count + 1)
    return input
  }
}
