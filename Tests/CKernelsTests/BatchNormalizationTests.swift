import CKernels
import Testing

/// Rows, channels, what is added to all numbers, and the bounds of the activation.
struct NormalizationCase: Sendable, CustomTestStringConvertible {
  var rows: Int
  var channels: Int
  var offset: Float = 0
  var bounds: (Float, Float) = (-.infinity, .infinity)

  var testDescription: String { "[\(rows), \(channels)] + \(offset), \(bounds)" }

  static let all: [NormalizationCase] = [
    .init(rows: 1, channels: 3), .init(rows: 700, channels: 32, bounds: (0, 6)),
    .init(rows: 65, channels: 37, bounds: (0, .infinity)), .init(rows: 9, channels: 1100),
    .init(rows: 3000, channels: 5, offset: 1000), .init(rows: 513, channels: 16, bounds: (-0.5, 1)),
  ]
}

@Suite struct BatchNormalizationTests {
  private struct Reference {
    var mean: [Double] = []
    var variance: [Double] = []
    var y: [Double]
    var dx: [Double]
    var dgamma: [Double] = []
    var dbeta: [Double] = []

    init(
      _ example: NormalizationCase, _ x: [Float], _ dy: [Float], _ gamma: [Float], _ beta: [Float]
    ) {
      let (rows, channels) = (example.rows, example.channels)
      (y, dx) = (Array(repeating: 0, count: x.count), Array(repeating: 0, count: x.count))
      for c in 0..<channels {
        let places = stride(from: c, to: rows * channels, by: channels)
        let mean = places.reduce(0) { $0 + Double(x[$1]) } / Double(rows)
        let variance =
          places.reduce(0) { $0 + (Double(x[$1]) - mean) * (Double(x[$1]) - mean) } / Double(rows)
        let rstd = 1 / (variance + 1e-3).squareRoot()
        let scale = Double(gamma[c])
        func xHat(_ i: Int) -> Double { (Double(x[i]) - mean) * rstd }
        func dz(_ i: Int) -> Double {
          let z = xHat(i) * scale + Double(beta[c])
          return Double(example.bounds.0) < z && z < Double(example.bounds.1) ? Double(dy[i]) : 0
        }
        let dbeta = places.reduce(0) { $0 + dz($1) }
        let dgamma = places.reduce(0) { $0 + dz($1) * xHat($1) }
        for i in places {
          y[i] = (xHat(i) * scale + Double(beta[c])).clamped(example.bounds.0, example.bounds.1)
          dx[i] = scale * rstd * (dz(i) - dbeta / Double(rows) - xHat(i) * dgamma / Double(rows))
        }
        self.mean.append(mean)
        self.variance.append(variance)
        self.dgamma.append(dgamma)
        self.dbeta.append(dbeta)
      }
    }
  }

  @Test(arguments: InstructionSet.all, NormalizationCase.all)
  func matchesLoops(_ set: InstructionSet, _ example: NormalizationCase) {
    let (rows, channels) = (Int64(example.rows), Int64(example.channels))
    let x = numbers(example.rows * example.channels).map { $0 + example.offset }
    let dy = numbers(x.count, seed: 2)
    let (gamma, beta) = (numbers(example.channels, seed: 3), numbers(example.channels, seed: 4))
    let expected = Reference(example, x, dy, gamma, beta)
    let (low, high) = example.bounds
    for threads in 1...3 as ClosedRange<Int32> {
      let (y, dx) = (Memory(x), Memory(dy))  // in place, both
      var halves = [UInt16](repeating: 0, count: x.count)
      var (mean, variance) = (gamma, gamma)
      var (dgamma, dbeta) = (gamma, gamma)
      set.run {
        withScratch(apus_batch_normalization_scratch_bytes(rows, channels, threads)) { scratch in
          apus_batch_normalization_train(
            y.pointer, rows, channels, gamma, beta, 1e-3, low, high, y.pointer, &halves, &mean,
            &variance, scratch, threads)
          apus_batch_normalization_backward(
            x, dx.pointer, rows, channels, gamma, beta, mean, variance, 1e-3, low, high, dx.pointer,
            &dgamma, &dbeta, scratch, threads)
        }
      }
      let slack = example.offset == 0 ? 1.0 : 100  // x · scale loses what the mean takes
      #expect(difference(mean, expected.mean) < 1e-6)
      #expect(difference(variance, expected.variance) < 1e-5)
      #expect(difference(y.values, expected.y) < 1e-5 * slack)
      #expect(halves == y.values.map(roundedToBFloat16))
      let size = Double(example.rows).squareRoot() * 4
      #expect(difference(dgamma, expected.dgamma, scale: size) < 1e-5 * slack)
      #expect(difference(dbeta, expected.dbeta, scale: size) < 1e-5)
      #expect(difference(dx.values, expected.dx) < 1e-4 * slack)
    }
  }

  @Test(arguments: InstructionSet.all) func notANumberPasses(_ set: InstructionSet) {
    let x: [Float] = [1, .nan, 9]
    var y = [Float](repeating: 0, count: 3)
    set.run { apus_batch_normalization_apply(x, 3, 1, [1], [0], 0, 6, &y, nil, 1) }
    #expect(y[0] == 1 && y[1].isNaN && y[2] == 6)
  }
}
