import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import Testing

@Suite struct NormalizationTests {
  // Two channels: (0, 4) of mean 2 and biased variance 4; (1, 3) of mean 2 and variance 1.
  let input = Tensor([Float(0), 1, 4, 3], shape: [2, 2])

  @Test func trainingUsesTheBatchAndMovesTheStatistics() throws {
    let run = try LayerRun(BatchNorm(momentum: 0.9, epsilon: 1e-3), on: input, for: .training)
    #expect(run.names == ["gamma", "beta", "moving_mean", "moving_variance"])
    let (wide, narrow) = (2 / 4.001.squareRoot(), 1 / 1.001.squareRoot())
    for (found, expected) in zip(run.output.doubles, [-wide, -narrow, wide, narrow]) {
      #expect(abs(found - expected) < 1e-6)
    }
    let mean = try #require(run.state["moving_mean"]).doubles
    let variance = try #require(run.state["moving_variance"]).doubles
    for (found, expected) in zip(mean + variance, [0.2, 0.2, 1.3, 1.0]) {
      #expect(abs(found - expected) < 1e-6)
    }
  }

  @Test func theBatchIsRecordedWhereStatisticsAreTakenAnew() throws {
    let layer = BatchNorm(momentum: 0.9, epsilon: 1e-3)
    let run = try LayerRun(layer, on: input, for: .statistics)
    #expect(run.output.doubles == (try LayerRun(layer, on: input, for: .training).output.doubles))
    #expect(run.state["moving_mean"]?.doubles == [0, 0])
    let trace = Trace(for: .statistics, registry: ParameterRegistry())
    _ = try layer(Node.placeholder("input", TensorType([2, 3, 5])), in: trace.root)
    #expect(trace.moments.count == 1 && trace.updates.isEmpty)
    let batch = try #require(trace.moments.first)
    #expect(batch.mean.variable.name == "moving_mean")
    #expect(batch.variance.variable.name == "moving_variance")
    #expect(batch.count == 6)
  }

  @Test func inferenceUsesTheStatistics() throws {
    let run = try LayerRun(
      BatchNorm(), on: input,
      weights: [
        "gamma": Tensor([Float(2), 1]), "beta": Tensor([Float(0.5), 0]),
        "moving_mean": Tensor([Float(1), 0]), "moving_variance": Tensor([Float(3.999), 0.999]),
      ])
    for (found, expected) in zip(run.output.doubles, [-0.5, 1, 3.5, 3]) {
      #expect(abs(found - expected) < 1e-6)
    }
    #expect(run.state["moving_mean"]?.doubles == [1, 0])
  }

  @Test func scaleAndOffsetCanBeLeftOut() throws {
    let layer = BatchNorm(hasOffset: false, hasScale: false)
    #expect(try Set(traced(layer, [4, 3]).parameters.keys) == ["moving_mean", "moving_variance"])
  }

  @Test func layerNormalization() throws {
    let run = try LayerRun(LayerNorm(), on: input)
    #expect(run.names == ["gamma", "beta"])
    let (narrow, even) = (0.5 / 0.251.squareRoot(), 0.5 / 0.251.squareRoot())
    for (found, expected) in zip(run.output.doubles, [-narrow, narrow, even, -even]) {
      #expect(abs(found - expected) < 1e-6)
    }
  }
}
