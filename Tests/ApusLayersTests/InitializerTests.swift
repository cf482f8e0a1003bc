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
