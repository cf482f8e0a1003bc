import ApusGraph
import ApusLayers
import ApusTensors

/// A residual generator: pictures of 28 × 28 grey values in 0 … 1 from noise.
///
/// A dense layer makes `7 × 7 × 2·width` values, two residual blocks make them larger twice (batch
/// normalization, ReLU, upsampling and 3 × 3 convolution, then the same without upsampling; the
/// shortcut is upsampled too), a convolution and the sigmoid make the picture.
///
/// - Shapes: `[batch, noise]` → `[batch, 28, 28, 1]`.
/// - Learns: `dense/kernel`, …, `residual/branch/conv2d/kernel`, …, `conv2d/bias`.
///
/// Reference: Gulrajani et al. (2017), "Improved training of Wasserstein GANs", arXiv:1704.00028,
/// appendix F, with half the resolution and fewer channels.
public struct ResidualGenerator: Layer {
  /// The numbers of noise that a picture is made of.
  public static let noiseSize = 64
  /// The channels at 14 × 14.
  public var width: Int

  public init(width: Int = 32) { self.width = width }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let layers = Sequential {
      Dense(7 * 7 * 2 * width)
      Reshape([7, 7, 2 * width])
      block(width)
      block(width / 2)
      BatchNorm()
      Activation.relu
      Conv2D(1, kernel: 3, padding: .same, activation: .sigmoid)
    }
    return try layers(input, in: scope)
  }

  private func block(_ filters: Int) -> Residual {
    let shortcut = Sequential {
      UpSampling2D()
      Conv2D(filters, kernel: 1, padding: .same)
    }
    return Residual(shortcut: shortcut) {
      BatchNorm()
      Activation.relu
      UpSampling2D()
      Conv2D(
        filters, kernel: 3, padding: .same, usesBias: false, kernelInitializer: .heUniform)
      BatchNorm()
      Activation.relu
      Conv2D(filters, kernel: 3, padding: .same, kernelInitializer: .heUniform)
    }
  }
}
