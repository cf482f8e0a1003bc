import ApusEngine
import ApusGraph
import ApusLayers
import ApusNumerics
import ApusTensors
import ApusTestSupport
import Testing

/// Shapes and names as `model.weights` of Keras 3 lists them; values by hand.
@Suite struct LSTMTests {
  @Test func parameters() throws {
    let (output, parameters) = try traced(LSTM(5), [2, 7, 3])
    #expect(output == [2, 5])
    #expect(
      parameters == [
        "lstm_cell/kernel": [3, 20], "lstm_cell/recurrent_kernel": [5, 20],
        "lstm_cell/bias": [20],
      ])
    #expect(try traced(LSTM(5, returnsSequences: true), [2, 7, 3]).output == [2, 7, 5])
    let bare = try traced(LSTM(5, usesBias: false), [2, 7, 3]).parameters
    #expect(bare["lstm_cell/bias"] == nil)
  }

  @Test func bidirectionalParameters() throws {
    let (output, parameters) = try traced(
      Bidirectional(LSTM(5, returnsSequences: true)), [2, 7, 3])
    #expect(output == [2, 7, 10])
    #expect(
      Set(parameters.keys) == [
        "forward_lstm/lstm_cell/kernel", "forward_lstm/lstm_cell/recurrent_kernel",
        "forward_lstm/lstm_cell/bias", "backward_lstm/lstm_cell/kernel",
        "backward_lstm/lstm_cell/recurrent_kernel", "backward_lstm/lstm_cell/bias",
      ])
    #expect(try traced(Bidirectional(LSTM(5)), [2, 7, 3]).output == [2, 10])
  }

  /// `keras.layers.LSTM(128)` on 128 features has 131,584 parameters, `Bidirectional` of it twice
  /// as many.
  @Test func summaryCountsAsKeras() throws {
    let model = Sequential {
      Embedding(vocabulary: 10, dimensions: 128)
      Bidirectional(LSTM(128, returnsSequences: true))
      LSTM(128)
      Dense(1)
    }
    let table = try summary(of: model, input: TensorType([4, 6], .int32))
    #expect(table.rows.map(\.name) == ["embedding", "bidirectional", "lstm", "dense"])
    #expect(table.rows.map(\.parameterCount) == [1280, 263_168, 197_120, 129])
    #expect(table.rows.map(\.outputShape) == [[4, 6, 128], [4, 6, 256], [4, 128], [4, 1]])
  }

  @Test func initialValues() throws {
    let registry = ParameterRegistry()
    _ = try trace(LSTM(6), input: TensorType([1, 2, 4]), for: .inference, registry: registry)
    let values = Dictionary(
      uniqueKeysWithValues: registry.initialValues(seed: 3).map { ($0.0.name, $0.1.doubles) })
    let bias = try #require(values["lstm_cell/bias"])
    #expect(bias == (0..<24).map { 6..<12 ~= $0 ? 1 : 0 })
    let kernel = try #require(values["lstm_cell/kernel"])
    let limit = (6.0 / Double(4 + 24)).squareRoot()  // Glorot's
    #expect(kernel.allSatisfy { abs($0) <= limit })
    #expect(Set(kernel).count > 90)
    // Rows of the recurrent kernel are orthonormal.
    let recurrent = try #require(values["lstm_cell/recurrent_kernel"])
    for (first, second) in [(0, 0), (3, 3), (0, 1), (2, 5)] {
      let product = (0..<24).reduce(0.0) {
        $0 + recurrent[first * 24 + $1] * recurrent[second * 24 + $1]
      }
      #expect(abs(product - (first == second ? 1 : 0)) < 1e-6)
    }
    let without = ParameterRegistry()
    _ = try trace(
      LSTM(6, hasUnitForgetBias: false), input: TensorType([1, 2, 4]), for: .inference,
      registry: without)
    let zeros = without.initialValues(seed: 3).first { $0.0.name == "lstm_cell/bias" }
    #expect(zeros?.1.doubles == [Double](repeating: 0, count: 24))
  }

  private static let input = Tensor(
    (0..<24).map { Float(($0 * 7) % 11) / 5 - 1 }, shape: [2, 4, 3])

  /// A bidirectional layer is a forward and a backward one beside each other.
  @Test(arguments: [false, true])
  func bidirectionalIsBothDirections(returnsSequences: Bool) throws {
    let layer = LSTM(5, returnsSequences: returnsSequences)
    var backward = layer
    backward.direction = .backward
    let both = try LayerRun(Bidirectional(layer), on: Self.input)
    func weights(_ scope: String) -> [String: Tensor] {
      var own: [String: Tensor] = [:]
      for (name, value) in both.state where name.hasPrefix(scope) {
        own[String(name.dropFirst(scope.count))] = value
      }
      return own
    }
    let first = try LayerRun(layer, on: Self.input, weights: weights("forward_lstm/"))
    let second = try LayerRun(backward, on: Self.input, weights: weights("backward_lstm/"))
    let (a, b) = (first.output.doubles, second.output.doubles)
    var joined: [Double] = []
    for row in stride(from: 0, to: a.count, by: 5) {
      joined += a[row..<row + 5]
      joined += b[row..<row + 5]
    }
    #expect(both.output.doubles == joined)
  }

  /// Nor does it change gradients, not even where it is no number.
  @Test(arguments: [EngineOptions.reference, EngineOptions(threads: 2)])
  func lengthsCutGradients(options: EngineOptions) throws {
    let registry = ParameterRegistry()
    let trace = Trace(for: .training, registry: registry)
    let input = try Node.placeholder("input", TensorType([2, 4, 3]))
    let output = try Bidirectional(LSTM(4))(
      input, lengths: .constant(Tensor([Int32(4), 2])), in: trace.root)
    let slopes = try gradients(
      of: output.squared().sum(), with: [input] + trace.trainedParameters.map(\.value))
    let store = VariableStore()
    for (variable, value) in registry.initialValues(seed: 1) { store[variable] = value }
    let program = try Program(
      Computation(inputs: [input], outputs: slopes), store: store, options: options)
    var values = Self.input.scalars(as: Float.self)
    try program.run([Tensor(values, shape: [2, 4, 3])])
    let expected = program.outputs()
    for place in 18..<24 { values[place] = .nan }
    try program.run([Tensor(values, shape: [2, 4, 3])])
    #expect(program.outputs() == expected)
    #expect(expected.allSatisfy { $0.doubles.contains { $0 != 0 } })
  }

  /// What stands behind a sequence's length changes nothing.
  @Test func lengthsCutSequences() throws {
    let layer = Bidirectional(LSTM(4))
    let cut = Block("Cut") { (x, scope) throws(GraphError) in
      try layer(x, lengths: .constant(Tensor([Int32(4), 2])), in: scope)
    }
    let full = try LayerRun(cut, on: Self.input)
    let values = Self.input.scalars(as: Float.self)
    var changed = values
    for place in 18..<24 { changed[place] = 9 }
    let other = try LayerRun(cut, on: Tensor(changed, shape: [2, 4, 3]), weights: full.state)
    #expect(other.output.doubles == full.output.doubles)
    // The second sequence alone, with its two steps.
    let short = try LayerRun(
      layer, on: Tensor(Array(values[12..<18]), shape: [1, 2, 3]), weights: full.state)
    for (actual, expected) in zip(full.output.doubles[8..<16], short.output.doubles) {
      #expect(abs(actual - expected) < 1e-12)
    }
  }

  @Test func refusesWhatIsNoSequence() {
    #expect(throws: GraphError.self) { try traced(LSTM(4), [2, 3]) }
    #expect(throws: GraphError.self) { try traced(LSTM(0), [2, 3, 4]) }
  }

  /// The whole step in bfloat16 stays near the one in fp32, and nothing is kept for no gradient.
  @Test func fastRunsAsTheReference() throws {
    let layer = Bidirectional(LSTM(24, returnsSequences: true))
    let input = Tensor(
      (0..<2400).map { Float(($0 * 7) % 23) / 11 - 1 }, shape: [10, 8, 30])
    let exact = try LayerRun(layer, on: input)
    let fast = try LayerRun(
      layer, on: input, weights: exact.state, options: EngineOptions(threads: 2))
    let short = try LayerRun(
      layer, on: input, weights: exact.state,
      options: EngineOptions(threads: 2, precision: .bfloat16))
    func distance(_ run: LayerRun) -> Double {
      largestDifference(run.output.doubles, exact.output.doubles)
    }
    #expect(distance(fast) < 2e-6)
    #expect(distance(short) < 0.02)
    #expect(distance(short) > 1e-5)
  }
}
