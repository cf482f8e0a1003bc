import CKernels
import Testing

@Suite struct LayerNormalizationTests {
  @Test(arguments: InstructionSet.all, [(1, 1), (200, 16), (7, 37), (3, 1000)])
  func matchesLoops(_ set: InstructionSet, _ size: (rows: Int, columns: Int)) {
    let (rows, columns) = size, (r, c) = (Int64(rows), Int64(columns))
    let x = numbers(rows * columns).map { $0 + 100 }, dy = numbers(rows * columns, seed: 2)
    let (gamma, beta) = (numbers(columns, seed: 3), numbers(columns, seed: 4))
    var (y, dx) = ([Double](), [Double]())
    var dgamma = [Double](repeating: 0, count: columns), dbeta = dgamma
    for row in stride(from: 0, to: x.count, by: columns) {
      let values = x[row..<row + columns].map { Double($0) }
      let mean = values.reduce(0, +) / Double(columns)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      let rstd = 1 / (variance + 1e-3).squareRoot()
      let xHat = values.map { ($0 - mean) * rstd }
      let g = (0..<columns).map { Double(dy[row + $0]) * Double(gamma[$0]) }
      let first = g.reduce(0, +) / Double(columns)
      let second = zip(g, xHat).reduce(0) { $0 + $1.0 * $1.1 } / Double(columns)
      for k in 0..<columns {
        y.append(xHat[k] * Double(gamma[k]) + Double(beta[k]))
        dx.append(rstd * (g[k] - first - xHat[k] * second))
        dgamma[k] += Double(dy[row + k]) * xHat[k]
        dbeta[k] += Double(dy[row + k])
      }
    }
    for threads in 1...3 as ClosedRange<Int32> {
      let result = Memory(x), gradient = Memory(dy)  // in place
      var mean = [Float](repeating: 0, count: rows), rstd = mean
      var gammaGradient = gamma, betaGradient = beta
      set.run {
        apus_layer_normalization(
          result.pointer, r, c, gamma, beta, 1e-3, result.pointer, &mean, &rstd, threads)
        withScratch(apus_layer_normalization_backward_scratch_bytes(r, c, threads)) {
          apus_layer_normalization_backward(
            x, gradient.pointer, r, c, gamma, mean, rstd, gradient.pointer, &gammaGradient,
            &betaGradient, $0, threads)
        }
      }
      #expect(difference(result.values, y) < 3e-5)
      #expect(difference(gradient.values, dx) < 3e-5)
      #expect(difference(gammaGradient, dgamma, scale: 10) < 3e-5)
      #expect(difference(betaGradient, dbeta, scale: 10) < 1e-6)
    }
  }
}
