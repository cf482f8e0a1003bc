import ApusGraph
import ApusTensors

/// A convolution of the clipped input, then bias, addend and clip.
struct ReferenceBiasedConvolution2D: TypedReferenceKernel {
  func compute(
    _ operation: BiasedConvolution2D, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let (bias, output) = (inputs[2], outputs[0])
    var clipped = inputs[0].values.map { limited($0, to: operation.inputClip) }
    clipped.withUnsafeMutableBufferPointer {
      let x = ReferenceOperand(shape: inputs[0].shape, values: $0)
      let convolution = Convolution2D(geometry: operation.geometry)
      ReferenceConvolution2D().compute(convolution, [x, inputs[1]], outputs)
    }
    for index in 0..<output.count {
      let addend = operation.hasAddend ? inputs[3][index] : 0
      let sum = output[index] + bias[index % bias.count] + addend
      output[index] = limited(sum, to: operation.clip)
    }
  }

  private func limited(_ number: Double, to bounds: ClipBounds) -> Double {
    smaller(larger(number, bounds.lower), bounds.upper)
  }
}
