import CKernels
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct SoftmaxTests {
  static let sizes = [(1, 1), (5, 10), (7, 37), (3, 1000)]

  private func rows(_ x: [Float], _ columns: Int) -> [[Double]] {
    stride(from: 0, to: x.count, by: columns).map { x[$0..<$0 + columns].map { Double($0) } }
  }

  private func logSoftmax(_ row: [Double]) -> [Double] {
    let largest = row.max() ?? 0
    let total = largest + log(row.reduce(0) { $0 + exp($1 - largest) })
    return row.map { $0 - total }
  }

  @Test(arguments: InstructionSet.all, sizes)
  func softmaxMatchesLoops(_ set: InstructionSet, _ size: (Int, Int)) {
    let (r, c) = (Int64(size.0), Int64(size.1))
    let x = numbers(size.0 * size.1).map { $0 * 20 }
    let dy = numbers(x.count, seed: 2)
    let logs = rows(x, size.1).map(logSoftmax), slopes = rows(dy, size.1)
    let shares = logs.map { $0.map { exp($0) } }
    let (y, logY, dx, logDX) = (Memory(x), Memory(x), Memory(dy), Memory(dy))  // all in place
    set.run {
      apus_softmax(y.pointer, r, c, y.pointer, 3)
      apus_log_softmax(logY.pointer, r, c, logY.pointer, 2)
      apus_softmax_gradient(y.pointer, dx.pointer, r, c, dx.pointer, 3)
      apus_log_softmax_gradient(logY.pointer, logDX.pointer, r, c, logDX.pointer, 2)
    }
    #expect(difference(y.values, shares.flatMap(\.self)) < 1e-5)
    #expect(difference(logY.values, logs.flatMap(\.self)) < 1e-6)
    let gradients = zip(shares, slopes).flatMap { y, dy in
      let mean = zip(y, dy).reduce(0) { $0 + $1.0 * $1.1 }
      return zip(y, dy).map { $0 * ($1 - mean) }
    }
    #expect(difference(dx.values, gradients) < 1e-5)
    let logGradients = zip(shares, slopes).flatMap { y, dy in
      zip(y, dy).map { $1 - $0 * dy.reduce(0, +) }
    }
    #expect(difference(logDX.values, logGradients, scale: 10) < 1e-5)
  }

  @Test(arguments: InstructionSet.all, [0, 0.1] as [Float])
  func crossEntropyMatchesLoops(_ set: InstructionSet, _ smoothing: Float) {
    let (count, columns) = (9, 21)
    let logits = numbers(count * columns).map { $0 * 10 }
    let labels = [0, 20, 7, -1, 21, 3, 3, 3, 19] as [Int32]
    let upstream = numbers(count, seed: 3)
    let logs = rows(logits, columns).map(logSoftmax)
    let targets = labels.map { label in
      (0..<columns).map { 0..<columns ~= Int(label) ? (Int(label) == $0 ? 1 : 0) : Double.nan }
    }
    let smooth = targets.map { $0.map { (1 - Double(smoothing)) * $0 + Double(smoothing) / 21 } }
    let losses = zip(smooth, logs).map { -zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } }
    let gradients = zip(zip(smooth, logs), upstream).flatMap { row, g in
      zip(row.0, row.1).map { (exp($1) - $0) * Double(g) }
    }
    let dense = targets.flatMap { $0.map { Float($0) } }
    var loss = [Float](repeating: 0, count: count)
    let dlogits = Memory(logits)  // in place
    set.run {
      apus_cross_entropy(logits, labels, .APUS_INT32, 9, 21, smoothing, &loss, 2)
      apus_cross_entropy_gradient(
        dlogits.pointer, labels, .APUS_INT32, upstream, 9, 21, smoothing, dlogits.pointer, 2)
    }
    #expect(difference(loss, losses) < 1e-6)
    #expect(difference(dlogits.values, gradients) < 1e-6)
    let denseGradient = Memory(dense)  // in place of the labels
    set.run {
      apus_cross_entropy_dense(logits, dense, 9, 21, smoothing, &loss, 2)
      apus_cross_entropy_dense_gradient(
        logits, denseGradient.pointer, upstream, 9, 21, smoothing, denseGradient.pointer, 2)
    }
    #expect(difference(loss, losses) < 1e-6)
    let known = gradients.enumerated().map { losses[$0 / columns].isNaN ? .nan : $1 }
    #expect(difference(denseGradient.values, known) < 1e-6)
  }
}
