import ApusGraph
import ApusTensors

/// The sum over a window of input times filter.
struct ReferenceConvolution2D: TypedReferenceKernel {
  func compute(
    _ operation: Convolution2D, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let (input, filter, output) = (inputs[0], inputs[1], outputs[0])
    output.values.update(repeating: 0)
    visitProducts(operation.geometry, input.shape, filter.shape, output.shape) { i, f, o in
      output[o] += input[i] * filter[f]
    }
  }
}

/// The adjoint of the convolution with respect to its input.
struct ReferenceConvolution2DInputGradient: TypedReferenceKernel {
  func compute(
    _ operation: Convolution2DInputGradient, _ inputs: [ReferenceOperand],
    _ outputs: [ReferenceOperand]
  ) {
    let (gradient, filter, result) = (inputs[0], inputs[1], outputs[0])
    result.values.update(repeating: 0)
    visitProducts(operation.geometry, result.shape, filter.shape, gradient.shape) { i, f, o in
      result[i] += gradient[o] * filter[f]
    }
  }
}

/// The adjoint of the convolution with respect to its filter.
struct ReferenceConvolution2DFilterGradient: TypedReferenceKernel {
  func compute(
    _ operation: Convolution2DFilterGradient, _ inputs: [ReferenceOperand],
    _ outputs: [ReferenceOperand]
  ) {
    let (input, gradient, result) = (inputs[0], inputs[1], outputs[0])
    result.values.update(repeating: 0)
    visitProducts(operation.geometry, input.shape, result.shape, gradient.shape) { i, f, o in
      result[f] += gradient[o] * input[i]
    }
  }
}

/// Visits every product of a convolution as the indices of its input, filter and output elements.
///
/// Layouts: input `[N, H, W, C]`, filter `[KH, KW, C / groups, O]`, output `[N, OH, OW, O]`.
private func visitProducts(
  _ geometry: ConvolutionGeometry, _ input: Shape, _ filter: Shape, _ output: Shape,
  _ body: (_ input: Int, _ filter: Int, _ output: Int) -> Void
) {
  let (depth, outputChannels) = (filter[2], filter[3])
  let outputDepth = outputChannels / geometry.groups
  let (rows, columns) = (geometry.rows(input[1]), geometry.columns(input[2]))
  for o in 0..<output.count {
    let channel = o % outputChannels
    let pixel = o / outputChannels
    let (column, row, batch) = (
      pixel % output[2], pixel / output[2] % output[1], pixel / output[2] / output[1]
    )
    for tapRow in 0..<filter[0] {
      guard let y = rows.position(output: row, tap: tapRow) else { continue }
      for tapColumn in 0..<filter[1] {
        guard let x = columns.position(output: column, tap: tapColumn) else { continue }
        let start = ((batch * input[1] + y) * input[2] + x) * input[3]
        let group = channel / outputDepth
        for c in 0..<depth {
          let tap = ((tapRow * filter[1] + tapColumn) * depth + c) * outputChannels
          body(start + group * depth + c, tap + channel, o)
        }
      }
    }
  }
}
