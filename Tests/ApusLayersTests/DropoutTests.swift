import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import ApusTestSupport
import Testing

/// The dropout family: its formulas, its statistics, its gradients, its ends.
@Suite struct DropoutTests {
  /// The layers of `dropout.py`, all with rate 0.25.
  private static let golden: [(name: String, layer: any Layer)] = [
    ("dropout", Dropout(0.25)),
    ("noiseShape", Dropout(0.25, noise: [1, nil, 1])),
    ("spatial1D", SpatialDropout1D(0.25)),
    ("spatial2D", SpatialDropout2D(0.25)),
    ("variational", VariationalDropout(0.25)),
    ("depthByExample", StochasticDepth(0.25)),
    ("depthByBatch", StochasticDepth(0.25, mode: .batch)),
    ("gaussian", GaussianDropout(0.25)),
    ("alpha", AlphaDropout(0.25)),
    ("dropConnect", DropConnect(0.25, Dense(4, usesBias: false))),
  ]

  private func run(
    _ layer: any Layer, on input: Tensor, for phase: Phase = .training,
    weights: [String: Tensor] = [:], key: [Int64] = [7, 0],
    options: EngineOptions = .reference
  ) throws -> [Double] {
    try LayerRun(
      Sequential([layer.named("layer")]), on: input, for: phase, weights: weights, key: key,
      options: options
    ).output.doubles
  }

  private func ones(_ shape: Shape) -> Tensor {
    Tensor([Float](repeating: 1, count: shape.count), shape: shape)
  }

  @Test(arguments: golden.indices, [EngineOptions.reference, EngineOptions(threads: 2)])
  func followsItsFormula(index: Int, options: EngineOptions) throws {
    let (name, layer) = Self.golden[index]
    let numbers = try GoldenFile.tensors("dropout.safetensors")
    let input = try #require(numbers["input/" + name]).converted(to: .float32)
    let kernel = try #require(numbers["kernel"]).converted(to: .float32)
    let expected = try #require(numbers["output/" + name]).doubles
    let found = try run(layer, on: input, weights: ["layer/kernel": kernel], options: options)
    #expect(found.count == expected.count)
    for (found, expected) in zip(found, expected) {
      #expect(abs(found - expected) < 4e-6 * max(1, abs(expected)), "\(name)")
    }
  }

  // MARK: Statistics

  /// The null hypothesis: each output of ones has mean 1 and the variance `p/(1 − p)`, independently.
  ///
  /// Bounds are five standard errors of mean and of a binomial share, a correct layer misses one in
  /// about 1 of 10⁶ keys; the key is fixed, so the test always passes or never.
  @Test(arguments: [0.1, 0.5, 0.9])
  func keepsTheMean(rate: Double) throws {
    let count = 40_000.0
    let values = try run(Dropout(rate), on: ones([200, 200]))
    let mean = values.reduce(0, +) / count
    #expect(abs(mean - 1) < 5 * (rate / (1 - rate) / count).squareRoot())
    let share = Double(values.count { $0 == 0 }) / count
    #expect(abs(share - rate) < 5 * (rate * (1 - rate) / count).squareRoot())
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    // Of a two-point variable the variance follows from the share: q·(1 − q)/(1 − p)².
    #expect(abs(variance - share * (1 - share) / ((1 - rate) * (1 - rate))) < 1e-3 * variance)
  }

  /// As above for noise `N(1, σ²)`: the standard error of the variance is `σ²·√(2/n)`.
  @Test func gaussianNoiseHasTheVarianceOfDropout() throws {
    let (count, square) = (40_000.0, 0.25)  // p/(1 − p) for p = 0.2
    let values = try run(GaussianDropout(0.2), on: ones([200, 200]))
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    #expect(abs(mean - 1) < 5 * (square / count).squareRoot())
    #expect(abs(variance - square) < 5 * square * (2 / count).squareRoot())
  }

  /// Normal inputs keep mean 0 and variance 1 under AlphaDropout.
  ///
  /// The fourth moment of the outputs is below 6, so five standard errors of the variance are below
  /// `5·√(5/n)`.
  @Test func alphaDropoutKeepsMeanAndVariance() throws {
    let count = 40_000
    let key = try Node.placeholder("key", .randomKey)
    let normal = try key.randomNormal(TensorType([200, 200]), stream: 9)
    let draw = try Program(Computation(inputs: [key], outputs: [normal]), options: .reference)
    try draw.run([Tensor([Int64(3), 0])])
    let values = try run(AlphaDropout(0.3), on: draw.output(0))
    let mean = values.reduce(0, +) / Double(count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    #expect(abs(mean) < 5 / Double(count).squareRoot())
    #expect(abs(variance - 1) < 5 * (5 / Double(count)).squareRoot())
  }

  // MARK: Gradients

  @Test(arguments: golden.indices)
  func gradientsFlowOnlyThroughWhatIsKept(index: Int) throws {
    let (name, layer) = Self.golden[index]
    guard name != "alpha", name != "dropConnect" else { return }
    let numbers = try GoldenFile.tensors("dropout.safetensors")
    let shape = try #require(numbers["input/" + name]).shape
    let traced = try trace(
      NamedLayer("layer", layer), input: TensorType(shape), for: .training,
      registry: ParameterRegistry())
    let key = try #require(traced.key)
    let slope = try gradients(of: traced.output, with: [traced.input])[0]
    let program = try Program(
      Computation(inputs: [traced.input, key], outputs: [traced.output, slope]))
    try program.run([ones(shape), Tensor([Int64(7), 0])])
    // At ones a linear layer's value is its slope: zero where dropped, the scale where kept.
    let (value, slopes) = (program.output(0).doubles, program.output(1).doubles)
    #expect(value == slopes, "\(name)")
    if name != "gaussian", name != "depthByBatch" {
      #expect(Set(slopes.map { ($0 * 1e4).rounded() }) == [0, 13333], "\(name)")
    }
  }

  @Test func alphaDropoutHasASlopeOnlyWhereItKeeps() throws {
    let traced = try trace(
      AlphaDropout(0.25), input: TensorType([40, 5]), for: .training,
      registry: ParameterRegistry())
    let key = try #require(traced.key)
    let slope = try gradients(of: traced.output, with: [traced.input])[0]
    let program = try Program(
      Computation(inputs: [traced.input, key], outputs: [traced.output, slope]))
    try program.run([ones([40, 5]), Tensor([Int64(7), 0])])
    let pairs = zip(program.output(0).doubles, program.output(1).doubles)
    for (value, slope) in pairs { #expect((value < 0) == (slope == 0)) }
    #expect(pairs.contains { $0.1 == 0 })
    #expect(pairs.contains { $0.1 > 0 })
  }

  // MARK: Rates 0 and 1, phases

  @Test func rateZeroIsTheIdentityWithoutADraw() throws {
    let layers: [any Layer] = [
      Dropout(0), SpatialDropout1D(0), VariationalDropout(0), StochasticDepth(0),
      GaussianDropout(0), AlphaDropout(0), MonteCarloDropout(0),
    ]
    let input = Tensor((0..<24).map { Float($0) - 7 }, shape: [2, 3, 4])
    for layer in layers {
      let traced = try trace(
        NamedLayer("layer", layer), input: input.type, for: .training,
        registry: ParameterRegistry())
      #expect(traced.key == nil, "\(layer.kind)")
      #expect(try run(layer, on: input) == input.doubles, "\(layer.kind)")
    }
  }

  @Test func rateOneGivesZeros() throws {
    let layers: [any Layer] = [
      Dropout(1), SpatialDropout1D(1), VariationalDropout(1), StochasticDepth(1),
      MonteCarloDropout(1), DropConnect(1, Dense(4, usesBias: false)),
    ]
    let input = Tensor([Float](repeating: .infinity, count: 24), shape: [2, 3, 4])
    for layer in layers.dropLast() {
      #expect(try run(layer, on: input).allSatisfy { $0 == 0 }, "\(layer.kind)")
    }
    #expect(try run(layers[5], on: ones([2, 3, 4])).allSatisfy { $0 == 0 })
    #expect(try run(Dropout(1), on: input, for: .inference) == input.doubles)
  }

  @Test func refusesWhatHasNoMeaning() {
    let layers: [any Layer] = [
      Dropout(-0.1), Dropout(1.1), Dropout(.nan), GaussianDropout(1), AlphaDropout(1),
      StochasticDepth(2), MonteCarloDropout(-1), DropConnect(1.5, Dense(2)),
      Dropout(0.5, noise: [nil, 1]), Dropout(0.5, noise: [nil, 2, nil]), SpatialDropout2D(0.5),
    ]
    for layer in layers {
      for phase in [Phase.training, .inference, .sampling] {
        #expect(throws: GraphError.self, "\(layer)") {
          try traced(Sequential([layer]), [2, 3, 4], for: phase)
        }
      }
    }
  }

  @Test func onlyMonteCarloDropoutDropsWhenPredicting() throws {
    let input = ones([40, 5])
    for phase in [Phase.inference, .sampling] {
      let plain = try run(Dropout(0.25), on: input, for: phase)
      #expect(plain.contains(0) == (phase == .sampling))
      #expect(try run(MonteCarloDropout(0.25), on: input, for: phase).contains(0))
    }
    let kernel = ["layer/kernel": ones([5, 4])]
    let whole = try run(
      DropConnect(0.25, Dense(4, usesBias: false)), on: input, for: .inference, weights: kernel)
    #expect(whole.allSatisfy { $0 == 5 })
  }

  @Test func samplingTakesRunningStatistics() throws {
    let input = Tensor([Float(1), 2, 3, 4, 5, 6], shape: [3, 2])
    let sampled = try LayerRun(BatchNorm(), on: input, for: .sampling)
    let predicted = try LayerRun(BatchNorm(), on: input, for: .inference)
    #expect(sampled.output == predicted.output)
    #expect(sampled.state == predicted.state)
  }

  @Test func dropConnectKeepsNamesAndBiases() throws {
    let layer = DropConnect(0.5, Conv2D(8, kernel: 3))
    let parameters = try traced(layer, [1, 5, 5, 4], for: .training).parameters
    #expect(parameters == ["kernel": [3, 3, 4, 8], "bias": [8]])
    let biased = try run(
      DropConnect(1, Dense(2)), on: ones([1, 3]),
      weights: ["layer/kernel": ones([3, 2]), "layer/bias": Tensor([Float(5), -1])])
    #expect(biased == [5, -1])
  }

  @Test func dropConnectHasOneMaskAStep() throws {
    struct Twice: Layer {
      func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
        let layer = DropConnect(0.5, Dense(40, usesBias: false))
        let first = try layer(input, in: scope.scope("critic"))
        return try first - layer(input, in: scope.reusing("critic"))
      }
    }
    #expect(try run(Twice(), on: ones([1, 8])).allSatisfy { $0 == 0 })
  }

  // MARK: Determinism

  @Test(arguments: golden.indices)
  func theMaskDoesNotDependOnThreads(index: Int) throws {
    let (name, layer) = Self.golden[index]
    let base = try #require(try GoldenFile.tensors("dropout.safetensors")["input/" + name]).shape
    // Wide enough that several threads share it.
    let shape = Shape([4096] + base.extents.dropFirst())
    let kernel = ["layer/kernel": ones([5, 4])]
    let results = try (1...3).map { threads in
      try run(
        layer, on: ones(shape), weights: kernel, options: EngineOptions(threads: threads))
    }
    #expect(results[1] == results[0], "\(name)")
    #expect(results[2] == results[0], "\(name)")
    let other = try run(
      layer, on: ones(shape), weights: kernel, key: [7, 1], options: EngineOptions(threads: 1))
    if name != "depthByBatch" { #expect(other != results[0], "\(name)") }
  }
}
