import ApusGraph
import ApusTensors

/// Sums, averages, multiplies or takes the extreme over axes.
///
/// Over no elements a sum is 0, a product 1, a mean NaN, a maximum −∞ and a minimum ∞.
struct ReferenceReduction: TypedReferenceKernel {
  func compute(
    _ reduction: Reduction, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let result = outputs[0]
    result.values.update(repeating: identity(of: reduction.kind))
    let combine = function(of: reduction.kind)
    let strides = inputs[0].shape.strides(reducing: reduction.axes)
    visit(inputs[0].shape, strides: strides) { index, offset in
      result[offset] = combine(result[offset], inputs[0][index])
    }
    guard reduction.kind == .mean else { return }
    let count = reduction.axes.reduce(1.0) { $0 * Double(inputs[0].shape[$1]) }
    for index in 0..<result.count { result[index] /= count }
  }

  private func identity(of kind: Reduction.Kind) -> Double {
    switch kind {
    case .sum, .mean: 0
    case .product: 1
    case .maximum: -.infinity
    case .minimum: .infinity
    }
  }

  private func function(of kind: Reduction.Kind) -> (Double, Double) -> Double {
    switch kind {
    case .sum, .mean: (+)
    case .product: (*)
    case .maximum: larger
    case .minimum: smaller
    }
  }
}

extension Shape {
  /// The strides of a row-major result for each axis of this shape: 0 for those reduced.
  func strides(reducing axes: [Int]) -> [Int] {
    var strides = [Int](repeating: 0, count: rank)
    var step = 1
    for axis in extents.indices.reversed() where !axes.contains(axis) {
      strides[axis] = step
      step *= self[axis]
    }
    return strides
  }
}
