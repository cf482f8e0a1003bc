import ApusGraph
import ApusLayers
import ApusTensors

/// A convolutional critic: how real a picture of grey values in 0 … 1 looks, any number.
///
/// Two 4 × 4 convolutions of stride 2 with leaky ReLU of slope 0.2, the second with batch
/// normalization where it is wanted, then one number.
///
/// - Shapes: `[batch, 28, 28, channels]` → `[batch, 1]`.
/// - Learns: `conv2d/kernel`, `conv2d/bias`, `conv2d_1/kernel`, …, `dense/bias`; kernels start normal
///   with standard deviation 0.02.
///
/// Reference: Radford, Metz, Chintala (2015), arXiv:1511.06434.
public struct DCGANCritic: Layer {
  /// The channels at 14 × 14.
  public var width: Int
  /// Whether there is batch normalization.
  ///
  /// With it a picture's number depends on the other pictures of its batch, which a gradient penalty
  /// does not allow.
  public var normalizesBatches: Bool

  public init(width: Int = 32, normalizesBatches: Bool = true) {
    self.width = width
    self.normalizesBatches = normalizesBatches
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let layers = Sequential {
      Rescaling(scale: 2, offset: -1)
      Conv2D(width, kernel: 4, strides: 2, padding: .same, kernelInitializer: .dcgan)
      Activation.leakyReLU()
      Conv2D(2 * width, kernel: 4, strides: 2, padding: .same, kernelInitializer: .dcgan)
      if normalizesBatches { BatchNorm() }
      Activation.leakyReLU()
      Flatten()
      Dense(1, kernelInitializer: .dcgan)
    }
    return try layers(input, in: scope)
  }
}
