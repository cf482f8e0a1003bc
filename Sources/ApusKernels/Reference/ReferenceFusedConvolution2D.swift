import ApusGraph
import ApusTensors

/// Normalize and clip, convolve, sum.
struct ReferenceFusedConvolution2D: TypedReferenceKernel {
  func compute(
    _ operation: FusedConvolution2D, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let (input, filter, y) = (inputs[0], inputs[1], outputs[0])
    let factors = inputs.dropFirst(2).map(\.values)
    withActivation(of: input, operation.bounds, factors, operation.operandType) { z in
      withRounded(filter, to: operation.operandType) { filter in
        let convolution = Convolution2D(geometry: operation.geometry)
        ReferenceConvolution2D().compute(convolution, [z, filter], [y])
      }
    }
    guard operation.givesMoments else { return }
    for channel in 0..<outputs[1].count {
      let places = stride(from: channel, to: y.count, by: outputs[1].count)
      (outputs[1][channel], outputs[2][channel]) = moments(of: y, at: places)
    }
  }
}

/// The gradient through the output's normalization, the two of the convolution, the input's mask and
/// sums.
struct ReferenceFusedConvolution2DGradient: TypedReferenceKernel {
  func compute(
    _ operation: FusedConvolution2DGradient, _ inputs: [ReferenceOperand],
    _ outputs: [ReferenceOperand]
  ) {
    let (x, filter) = (inputs[1], inputs[2])
    let factors = inputs[operation.factors].map(\.values)
    let (geometry, type) = (operation.geometry, operation.operandType)
    withGradient(operation, inputs) { dy in
      withActivation(of: x, operation.bounds, factors, type) { z in
        let gradient = Convolution2DFilterGradient(
          geometry: geometry, filterShape: filter.shape)
        ReferenceConvolution2DFilterGradient().compute(gradient, [z, dy], [outputs[0]])
      }
      guard operation.givesInput else { return }
      withRounded(filter, to: type) { filter in
        let gradient = Convolution2DInputGradient(geometry: geometry, inputShape: x.shape)
        ReferenceConvolution2DInputGradient().compute(gradient, [dy, filter], [outputs[1]])
      }
    }
    guard operation.givesInput, let bounds = operation.bounds else { return }
    mask(x, bounds, factors, outputs)
  }

  private func withGradient(
    _ operation: FusedConvolution2DGradient, _ inputs: [ReferenceOperand],
    _ body: (ReferenceOperand) -> Void
  ) {
    let dz = inputs[0]
    let through = Array(inputs[operation.normalization])
    withNumbers(of: dz.shape) { index in
      guard operation.isNormalized else { return dz[index] }
      let channel = index % through[1].count
      return through[1][channel] * dz[index] + through[2][channel] * through[0][index]
        + through[3][channel]
    } body: { dy in
      withRounded(dy, to: operation.operandType, body)
    }
  }

  private func mask(
    _ x: ReferenceOperand, _ bounds: ClipBounds,
    _ factors: [UnsafeMutableBufferPointer<Double>], _ outputs: [ReferenceOperand]
  ) {
    let (dx, sum, products) = (outputs[1], outputs[2], outputs[3])
    sum.values.update(repeating: 0)
    products.values.update(repeating: 0)
    for index in 0..<x.count {
      let channel = index % sum.count
      let z = x[index] * factors[0][channel] + factors[1][channel]
      if z <= bounds.lower || z >= bounds.upper { dx[index] = 0 }
      sum[channel] += dx[index]
      products[channel] += dx[index] * (x[index] - factors[2][channel])
    }
  }
}

/// Numbers computed one by one, for as long as `body` runs.
private func withNumbers(
  of shape: Shape, _ number: (Int) -> Double, body: (ReferenceOperand) -> Void
) {
  var numbers = (0..<shape.count).map(number)
  numbers.withUnsafeMutableBufferPointer { body(ReferenceOperand(shape: shape, values: $0)) }
}

private func withRounded(
  _ operand: ReferenceOperand, to type: DataType, _ body: (ReferenceOperand) -> Void
) {
  guard type == .bfloat16 else { return body(operand) }
  withNumbers(of: operand.shape) {
    BFloat16(Float(operand[$0])).double
  } body: {
    body($0)
  }
}

/// `clip(x · scale + shift)`, or `x` where there are no bounds, rounded.
private func withActivation(
  of x: ReferenceOperand, _ bounds: ClipBounds?, _ factors: [UnsafeMutableBufferPointer<Double>],
  _ type: DataType, _ body: (ReferenceOperand) -> Void
) {
  withNumbers(of: x.shape) { index in
    guard let bounds else { return x[index] }
    let channel = index % factors[0].count
    return max(
      bounds.lower, min(bounds.upper, x[index] * factors[0][channel] + factors[1][channel]))
  } body: { z in
    withRounded(z, to: type, body)
  }
}
