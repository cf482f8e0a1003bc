import ApusGraph
import ApusLayers
import ApusTensors
import Testing

@Suite struct ScopeTests {
  let registry = ParameterRegistry()

  private func root(_ phase: Phase = .training) -> Scope {
    Trace(for: phase, registry: registry).root
  }

  @Test func pathIsTheNameOfParameters() throws {
    let scope = root().scope("block").scope("conv")
    _ = try scope.parameter("kernel", [2, 3], initializer: .zeros)
    _ = try root().parameter("free", [1], initializer: .ones, isTrainable: false)
    #expect(registry.variables.map(\.name) == ["block/conv/kernel", "free"])
    #expect(registry.variables.map(\.isTrainable) == [true, false])
  }

  @Test func aNameIsTakenOnce() throws {
    let scope = root().scope("fc")
    _ = try scope.parameter("kernel", [2], initializer: .zeros)
    let error = #expect(throws: GraphError.self) {
      try scope.parameter("kernel", [2], initializer: .zeros)
    }
    #expect(error?.reason == .nameTaken("fc/kernel"))
  }

  @Test func tracesShareVariables() throws {
    let training = try root().parameter("w", [2], initializer: .zeros)
    let inference = try root(.inference).parameter("w", [2], initializer: .zeros)
    #expect(registry.variables.count == 1)
    #expect(training != inference)
    let error = #expect(throws: GraphError.self) {
      try root(.inference).parameter("w", [3], initializer: .zeros)
    }
    #expect(error?.reason == .shapesDiffer([2], [3]))
  }

  @Test func reusingTakesTheParametersMadeBefore() throws {
    let trace = Trace(for: .training, registry: registry)
    let x = try Node.placeholder("x", TensorType([4, 3]))
    let critic = Sequential {
      Dense(5)
      BatchNorm()
    }
    _ = try critic(x, in: trace.root.scope("critic"))
    let count = registry.variables.count
    _ = try critic(x, in: trace.root.reusing("critic"))
    #expect(registry.variables.count == count)
    // The second batch moves the statistics on from where the first left them: one update for each.
    #expect(trace.updates.count == 2)
    let error = #expect(throws: GraphError.self) {
      try critic(x, in: trace.root.reusing("generator"))
    }
    guard case .missing = error?.reason else {
      Issue.record("expected a missing parameter, got \(String(describing: error))")
      return
    }
  }

  @Test func updatesNeedTheirParameter() throws {
    let scope = root()
    let value = try scope.parameter("mean", [2], initializer: .zeros, isTrainable: false)
    try scope.update("mean", to: value)
    #expect(throws: GraphError.self) { try scope.update("other", to: value) }
    #expect(throws: GraphError.self) {
      try scope.update("mean", to: Node.placeholder("x", TensorType([3])))
    }
  }

  @Test func randomStreamsDiffer() throws {
    let scope = root()
    let (first, second) = (try scope.randomStream(), try scope.scope("a").randomStream())
    #expect(first.key == second.key)
    #expect(first.stream != second.stream)
    #expect(throws: GraphError.self) { try root(.inference).randomStream() }
  }

  @Test func errorsNameTheScope() throws {
    let layer = Conv2D(4, kernel: 3).named("conv7")
    let error = #expect(throws: GraphError.self) { try traced(Sequential([layer]), [2, 8]) }
    #expect(
      error?.description
        == "conv7 (conv2D): expects 4 axes, got 2; "
        + "input float32[2, 8] (batch, height, width, channel)")
  }

  @Test func settingsWithoutMeaningThrow() {
    #expect(throws: GraphError.self) { try traced(Dense(0), [2, 8]) }
    #expect(throws: GraphError.self) { try traced(Conv2D(0, kernel: 3), [1, 8, 8, 3]) }
    #expect(throws: GraphError.self) { try traced(Conv2D(4, kernel: -1), [1, 8, 8, 3]) }
    #expect(throws: GraphError.self) { try traced(Conv2D(4, kernel: 3, groups: 2), [1, 8, 8, 3]) }
    #expect(throws: GraphError.self) { try traced(Conv2D(4, kernel: 9), [1, 8, 8, 3]) }
    #expect(throws: GraphError.self) {
      try traced(DepthwiseConv2D(kernel: 3, multiplier: .max), [1, 8, 8, 3])
    }
    #expect(throws: GraphError.self) { try traced(Dropout(1.5), [2, 8], for: .training) }
    #expect(throws: GraphError.self) { try traced(Reshape([-1, -1]), [2, 8]) }
    #expect(throws: GraphError.self) { try traced(Reshape([-1, 3]), [2, 8]) }
    #expect(throws: GraphError.self) { try traced(Reshape([1 << 56]), [128, 8]) }
    #expect(throws: GraphError.self) { try traced(Dense(1 << 20), [1 << 50, 0]) }
    #expect(throws: GraphError.self) { try traced(BatchNorm(momentum: 2), [2, 8]) }
    for initializer in [Initializer.orthogonal(), .glorotUniformNearIdentity()] {
      #expect(throws: GraphError.self) {
        try traced(Dense(3, kernelInitializer: .zeros, biasInitializer: initializer), [2, 8])
      }
    }
  }
}
