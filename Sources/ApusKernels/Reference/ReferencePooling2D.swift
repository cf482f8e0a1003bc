import ApusGraph
import ApusTensors

/// The largest or the mean element under each position of a window.
struct ReferencePooling2D: TypedReferenceKernel {
  func compute(
    _ pooling: Pooling2D, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let (input, output) = (inputs[0], outputs[0])
    for index in 0..<output.count {
      let seen = pooling.places(of: index, in: output.shape, input.shape)
      switch pooling.kind {
      case .maximum: output[index] = seen.reduce(-.infinity) { larger($0, input[$1]) }
      case .average:
        let sum = seen.reduce(0) { $0 + input[$1] }
        output[index] = sum / pooling.divisor(seen.count)
      }
    }
  }
}

/// The gradient of a pooling, sent to the elements its numbers came from.
struct ReferencePooling2DGradient: TypedReferenceKernel {
  func compute(
    _ operation: Pooling2DGradient, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let (pooling, result) = (operation.pooling, outputs[0])
    let gradient = inputs[inputs.count - 1]
    result.values.update(repeating: 0)
    for index in 0..<gradient.count {
      let seen = pooling.places(of: index, in: gradient.shape, result.shape)
      switch pooling.kind {
      case .maximum:
        if let place = firstLargest(of: inputs[0], at: seen) { result[place] += gradient[index] }
      case .average:
        for place in seen { result[place] += gradient[index] / pooling.divisor(seen.count) }
      }
    }
  }

  /// The first of the largest elements, or the first NaN.
  private func firstLargest(of input: ReferenceOperand, at places: [Int]) -> Int? {
    guard var best = places.first else { return nil }
    for place in places where input[place] > input[best] || input[place].isNaN {
      if !input[best].isNaN { best = place }
    }
    return best
  }
}

extension Pooling2D {
  /// The indices of the elements that one output sees, row by row; padding is left out.
  fileprivate func places(of index: Int, in output: Shape, _ input: Shape) -> [Int] {
    let rows = SlidingAxis(
      extent: input[1], stride: strides.height, dilation: 1, padding: padding.top)
    let columns = SlidingAxis(
      extent: input[2], stride: strides.width, dilation: 1, padding: padding.left)
    let (channel, pixel) = (index % output[3], index / output[3])
    let (column, row, batch) = (
      pixel % output[2], pixel / output[2] % output[1], pixel / output[2] / output[1]
    )
    var places: [Int] = []
    for tapRow in 0..<window.height {
      guard let y = rows.position(output: row, tap: tapRow) else { continue }
      for tapColumn in 0..<window.width {
        guard let x = columns.position(output: column, tap: tapColumn) else { continue }
        places.append(((batch * input[1] + y) * input[2] + x) * input[3] + channel)
      }
    }
    return places
  }

  /// What the sum of `count` elements under an average's window is divided by.
  fileprivate func divisor(_ count: Int) -> Double {
    kind == .average(countsPadding: true) ? Double(window.height * window.width) : Double(count)
  }
}
