import CKernels
import Testing

/// A pooling; padding is top, bottom, left, right.
struct PoolingCase: Sendable, CustomTestStringConvertible {
  var size: (Int, Int)
  var channels: Int
  var window: (Int, Int)
  var strides: (Int, Int)
  var padding = (0, 0, 0, 0)

  var testDescription: String {
    "\(size) channels \(channels) window \(window) strides \(strides) padding \(padding)"
  }

  static let all: [PoolingCase] = [
    .init(size: (8, 8), channels: 32, window: (2, 2), strides: (2, 2)),
    .init(size: (9, 7), channels: 21, window: (3, 3), strides: (2, 2), padding: (1, 1, 0, 1)),
    .init(size: (5, 6), channels: 3, window: (3, 2), strides: (1, 1), padding: (2, 0, 1, 1)),
    .init(size: (3, 3), channels: 5, window: (2, 2), strides: (3, 3), padding: (3, 2, 2, 3)),
    .init(size: (2, 2), channels: 4, window: (5, 5), strides: (1, 1)),
    .init(size: (7, 5), channels: 147, window: (3, 3), strides: (2, 2), padding: (1, 1, 0, 1)),
  ]

  var shape: apus_pooling_shape {
    apus_pooling_shape(
      batch: 2, height: Int64(size.0), width: Int64(size.1), channels: Int64(channels),
      window_height: Int64(window.0), window_width: Int64(window.1),
      stride_height: Int64(strides.0), stride_width: Int64(strides.1),
      pad_top: Int64(padding.0), pad_bottom: Int64(padding.1), pad_left: Int64(padding.2),
      pad_right: Int64(padding.3))
  }

  /// The input elements of each output's window, row by row.
  var windows: [[Int]] {
    var shape = shape
    let (rows, columns) = (
      Int(apus_pooling_output_height(&shape)), Int(apus_pooling_output_width(&shape))
    )
    return (0..<2 * rows * columns * channels).map { o in
      let (pixel, c) = (o / channels, o % channels)
      let (n, y, x) = (pixel / (rows * columns), pixel / columns % rows, pixel % columns)
      let (top, left) = (y * strides.0 - padding.0, x * strides.1 - padding.2)
      return (top..<top + window.0).flatMap { i in
        (left..<left + window.1).compactMap { j in
          guard 0..<size.0 ~= i, 0..<size.1 ~= j else { return nil }
          return ((n * size.0 + i) * size.1 + j) * channels + c
        }
      }
    }
  }
}

@Suite struct PoolingTests {
  @Test(arguments: InstructionSet.all, PoolingCase.all)
  func maximum(_ set: InstructionSet, _ example: PoolingCase) {
    let windows = example.windows
    var x = numbers(2 * example.size.0 * example.size.1 * example.channels)
    for k in stride(from: 0, to: x.count, by: 3) { x[k] = 1 }  // ties
    x[5] = .nan
    let dy = numbers(windows.count, seed: 2)
    var (largest, gradient) = ([Double](), [Double](repeating: 0, count: x.count))
    for (window, dy) in zip(windows, dy) {
      let best = window.reduce(nil as Int?) { best, place in
        guard let best else { return place }
        return !x[best].isNaN && (x[place].isNaN || x[place] > x[best]) ? place : best
      }
      largest.append(best.map { Double(x[$0]) } ?? -.infinity)
      if let best { gradient[best] += Double(dy) }
    }
    var shape = example.shape
    for threads in 1...3 as ClosedRange<Int32> {
      var y = dy, dx = x
      set.run {
        apus_max_pooling(&shape, x, &y, threads)
        apus_max_pooling_gradient(&shape, x, dy, &dx, threads)
      }
      #expect(difference(y, largest) == 0)
      #expect(difference(dx, gradient) < 1e-6)
    }
  }

  @Test(arguments: InstructionSet.all, PoolingCase.all)
  func average(_ set: InstructionSet, _ example: PoolingCase) {
    let windows = example.windows
    let x = numbers(2 * example.size.0 * example.size.1 * example.channels)
    let dy = numbers(windows.count, seed: 2)
    var shape = example.shape
    for countsPadding in [false, true] {
      var (means, gradient) = ([Double](), [Double](repeating: 0, count: x.count))
      for (window, dy) in zip(windows, dy) {
        let count = countsPadding ? example.window.0 * example.window.1 : max(window.count, 1)
        means.append(window.reduce(0) { $0 + Double(x[$1]) } / Double(count))
        for place in window { gradient[place] += Double(dy) / Double(count) }
      }
      for threads in 1...3 as ClosedRange<Int32> {
        var y = dy, dx = x
        set.run {
          apus_average_pooling(&shape, countsPadding, x, &y, threads)
          apus_average_pooling_gradient(&shape, countsPadding, dy, &dx, threads)
        }
        #expect(difference(y, means) < 1e-6)
        #expect(difference(dx, gradient) < 1e-6)
      }
    }
  }
}
