import ApusGraph
import ApusLayers
import ApusTensors

/// A residual critic: how real a picture of grey values in 0 … 1 looks, any number.
///
/// Three residual blocks of two 3 × 3 convolutions, the first two of stride 2 (their shortcuts are
/// averaged), ReLU, the mean of each channel, one number. Nothing is normalized over the batch, so a
/// gradient penalty is right.
///
/// - Shapes: `[batch, 28, 28, channels]` → `[batch, 1]`.
/// - Learns: `residual/branch/conv2d/kernel`, …, `dense/bias`.
///
/// Reference: Gulrajani et al. (2017), "Improved training of Wasserstein GANs", arXiv:1704.00028,
/// appendix F, with half the resolution and fewer channels.
public struct ResidualCritic: Layer {
  /// The channels at 14 × 14.
  public var width: Int

  public init(width: Int = 32) { self.width = width }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let layers = Sequential {
      Rescaling(scale: 2, offset: -1)
      halving(width, isFirst: true)
      halving(2 * width, isFirst: false)
      Residual {
        Activation.relu
        convolution(2 * width)
        Activation.relu
        convolution(2 * width)
      }
      Activation.relu
      GlobalAveragePooling2D()
      Dense(1)
    }
    return try layers(input, in: scope)
  }

  /// A block that halves height and width; the first one has no ReLU before its picture.
  private func halving(_ filters: Int, isFirst: Bool) -> Residual {
    let shortcut = Sequential {
      AveragePooling2D()
      Conv2D(filters, kernel: 1, padding: .same)
    }
    return Residual(shortcut: shortcut) {
      if !isFirst { Activation.relu }
      convolution(filters, strides: 2)
      Activation.relu
      convolution(filters)
    }
  }

  private func convolution(_ filters: Int, strides: Size2D = 1) -> Conv2D {
    Conv2D(
      filters, kernel: 3, strides: strides, padding: .same, kernelInitializer: .heUniform)
  }
}
