import ApusGraph
import ApusLayers
import ApusNumerics
import ApusTensors
import Glibc
import Testing

@Suite struct InitializerTests {
  /// Keras' `compute_fans`.
  @Test(
    arguments: [
      ([], 1, 1), ([7], 7, 7), ([5, 3], 5, 3), ([3, 3, 16, 32], 144, 288), ([3, 3, 32, 1], 288, 9),
      ([4, 8, 2], 32, 8),
    ] as [([Int], Int, Int)])
  func fans(_ extents: [Int], _ input: Int, _ output: Int) {
    let fans = Initializer.fans(of: Shape(extents))
    #expect(fans.input == input)
    #expect(fans.output == output)
  }

  private func values(_ initializer: Initializer, _ shape: Shape) -> [Double] {
    var stream = PhiloxStream(seed: 3, purpose: StreamPurpose.initialization)
    return initializer.values(for: shape, using: &stream).map(Double.init)
  }

  /// Mean 0 and the stated variance: bounds of 5 standard errors, missed about once in 10⁶ seeds.
  @Test(
    arguments: [
      (.glorotUniform, 2.0 / (300 + 500)), (.glorotNormal, 2.0 / (300 + 500)),
      (.heUniform, 2.0 / 300), (.heNormal, 2.0 / 300), (.lecunUniform, 1.0 / 300),
      (.lecunNormal, 1.0 / 300), (.uniform(from: -0.05, to: 0.05), 0.0025 / 3),
      (.normal(standardDeviation: 0.02), 0.0004),
      (.truncatedNormal(standardDeviation: 0.02), 0.0004 * 0.879_625_661 * 0.879_625_661),
    ] as [(Initializer, Double)])
  func moments(_ initializer: Initializer, _ variance: Double) {
    let values = values(initializer, [300, 500])
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    #expect(abs(mean) < 5 * (variance / count).squareRoot())
    let squares = values.map { $0 * $0 }
    let found = squares.reduce(0, +) / count
    // The variance of x² is at most 2σ⁴, that of the normal distribution.
    #expect(abs(found - variance) < 5 * variance * (2 / count).squareRoot())
  }

  @Test func limits() {
    let limit = (6.0 / (300 + 500)).squareRoot()
    let uniform = values(.glorotUniform, [300, 500])
    #expect(uniform.allSatisfy { abs($0) <= limit })
    #expect(uniform.contains { $0 > 0.999 * limit } && uniform.contains { $0 < -0.999 * limit })
    #expect(values(.truncatedNormal(standardDeviation: 1), [99, 99]).allSatisfy { abs($0) <= 2 })
  }

  /// What layers begin with where they are told nothing: Keras' Glorot, zeros, and ±0.05 for embeddings.
  @Test func layersBeginAsKerasDoes() throws {
    func expect(_ layer: some Layer, _ input: Tensor, _ limits: [String: Double]) throws {
      let run = try LayerRun(layer, on: input)
      #expect(Set(run.names) == Set(limits.keys))
      for (name, limit) in limits {
        let largest = try #require(run.state[name]).doubles.reduce(0) { max($0, abs($1)) }
        #expect(largest <= limit && largest >= 0.98 * limit, "\(name): \(largest), \(limit)")
      }
    }
    func glorot(_ fans: Int) -> Double { (6 / Double(fans)).squareRoot() }
    let image = Tensor(zeros: TensorType([1, 8, 8, 32]))
    try expect(
      Dense(80), Tensor(zeros: TensorType([1, 64])),
      ["kernel": glorot(64 + 80), "bias": 0])
    try expect(
      Conv2D(16, kernel: 3), image,
      ["kernel": glorot(9 * (32 + 16)), "bias": 0])
    try expect(
      DepthwiseConv2D(kernel: 3), image,
      ["depthwise_kernel": glorot(9 * 33), "bias": 0])
    try expect(
      SeparableConv2D(16, kernel: 3), image,
      [
        "depthwise_kernel": glorot(9 * 33),
        "pointwise_kernel": glorot(32 + 16), "bias": 0,
      ])
    try expect(
      Embedding(vocabulary: 50, dimensions: 20), Tensor([1, 2] as [Int32], shape: [1, 2]),
      ["embeddings": 0.05])
  }

  @Test(arguments: [[20, 8], [8, 20], [2, 3, 4, 5]])
  func orthogonal(_ extents: [Int]) throws {
    let columns = try #require(extents.last)
    let rows = extents.dropLast().reduce(1, *)
    let values = values(.orthogonal(gain: 2), Shape(extents))
    let (count, length) = (min(rows, columns), max(rows, columns))
    func element(_ vector: Int, _ index: Int) -> Double {
      rows >= columns ? values[index * columns + vector] : values[vector * columns + index]
    }
    for first in 0..<count {
      for second in 0...first {
        let product = (0..<length).reduce(0) { $0 + element(first, $1) * element(second, $1) }
        #expect(abs(product - (first == second ? 4 : 0)) < 1e-5)
      }
    }
  }

  /// The identity of `torch.nn.init.dirac_`, or of each channel of a depthwise kernel, as large as the norm
  /// expected of one output's weights.
  @Test(
    arguments: [
      ([1, 1, 8, 8], false, 1, (0..<8).map { 9 * $0 }),
      ([3, 3, 2, 2], false, 1, [16, 19]),
      ([5, 3, 2, 3], false, 0.8.squareRoot(), [42, 46]),
      ([3, 3, 5, 1], true, 1 / 3.0.squareRoot(), [20, 21, 22, 23, 24]),
      ([3, 3, 4, 2], true, 1 / 3.0.squareRoot(), [32, 33, 34, 35, 36, 37, 38, 39]),
    ] as [([Int], Bool, Double, [Int])])
  func nearIdentity(
    _ extents: [Int], _ isDepthwise: Bool, _ share: Double, _ places: [Int]
  ) {
    let shape = Shape(extents)
    let plain = values(.glorotUniform, shape)
    let near = values(.glorotUniformNearIdentity(isDepthwise: isDepthwise), shape)
    for (index, pair) in zip(plain, near).enumerated() {
      let expected = places.contains(index) ? share : 0
      #expect(abs(pair.1 - pair.0 - expected) < 1e-6, "\(index)")
    }
  }

  @Test func valuesDependOnSeedAndNameAlone() throws {
    func initial(_ seed: UInt64, _ names: [String]) throws -> [String: [Float]] {
      let registry = ParameterRegistry()
      let root = Trace(for: .training, registry: registry).root
      for name in names { _ = try root.parameter(name, [16], initializer: .heNormal) }
      var values: [String: [Float]] = [:]
      for (variable, value) in registry.initialValues(seed: seed) {
        values[variable.name] = value.scalars()
      }
      return values
    }
    let forward = try initial(1, ["a", "b", "c"])
    let backward = try initial(1, ["c", "a"])
    #expect(forward["a"] == backward["a"])
    #expect(forward["c"] == backward["c"])
    #expect(forward["a"] != forward["b"])
    #expect(try initial(2, ["a"])["a"] != forward["a"])
  }
}
