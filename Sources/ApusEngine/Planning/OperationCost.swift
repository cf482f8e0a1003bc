import ApusGraph
import ApusKernels
import ApusTensors

extension Profile.OperationProfile {
  init(
    _ application: Application, _ implementation: String, isSteady: Bool = false, seconds: Double
  ) {
    let inputs = application.inputs.map(\.type)
    self.init(
      name: application.operation.name, implementation: implementation, inputs: inputs,
      outputs: application.types, operationCount: application.floatingPointOperations,
      byteCount: (inputs + application.types).reduce(0) { $0 + $1.byteCount }, isSteady: isSteady,
      seconds: seconds)
  }
}

extension Application {
  /// The multiplications and additions of a product; 0 for operations that memory bounds.
  fileprivate var floatingPointOperations: Int {
    switch operation {
    case let product as MatrixProduct:
      let first = inputs[0].shape
      let inner = first[first.rank - (product.transposesFirst ? 2 : 1)]
      return 2 * types[0].count * inner
    case is Convolution2D, is BiasedConvolution2D, is FusedConvolution2D:
      return 2 * types[0].count * inputs[1].shape.extents.dropLast().reduce(1, *)
    case is BiasedSeparableConvolution2D:
      let (pixels, filter) = (types[0].shape.extents.dropLast().reduce(1, *), inputs[3].shape)
      let window = inputs[1].shape[0] * inputs[1].shape[1]
      return 2 * pixels * filter[2] * (window + filter[3])
    case is Convolution2DInputGradient:
      return 2 * inputs[0].type.count * inputs[1].shape.extents.dropLast().reduce(1, *)
    case is Convolution2DFilterGradient:
      return 2 * inputs[1].type.count * types[0].shape.extents.dropLast().reduce(1, *)
    case let gradient as FusedConvolution2DGradient:
      let products = gradient.givesInput ? 2 : 1
      return 2 * products * inputs[0].type.count
        * inputs[2].shape.extents.dropLast().reduce(1, *)
    case let sequence as LSTMSequence: return lstmOperations(sequence.directions.count)
    case let gradient as LSTMSequenceGradient:
      return 2 * lstmOperations(gradient.directions.count)
    default: return 0
    }
  }

  /// Those of the products of an LSTM forward: each step's `[x h]` with all weights.
  private func lstmOperations(_ directions: Int) -> Int {
    let (x, recurrent) = (inputs[0].shape, inputs[2].shape)
    return 2 * directions * x[0] * x[1] * (x[2] + recurrent[0]) * recurrent[1]
  }
}
