import ApusGraph
import ApusKernels

extension Computation {
  /// The computation with depthwise convolutions left to the pointwise ones that alone read them, as
  /// ``BiasedSeparableConvolution2D``, where that is faster.
  ///
  /// Both were folded before (``foldingIntoConvolutions()``), so this is for inference and frozen layers.
  func fusingSeparableConvolutions() throws -> Computation {
    let (consumers, results) = (consumers(), Set(results))
    return try GraphRewriter.rewrite(self) { application, inputs in
      guard let pointwise = application.operation as? BiasedConvolution2D,
        consumers[application.inputs[0]]?.count == 1, !results.contains(application.inputs[0]),
        let depthwise = inputs[0].operation as? BiasedConvolution2D
      else { return nil }
      let separable = BiasedSeparableConvolution2D(depthwise, pointwise)
      let operands = inputs[0].inputs + inputs.dropFirst()
      guard separable.isFast(of: operands.map(\.type)) else { return nil }
      return try Application(separable, operands).outputs
    }
  }
}
