import ApusGraph
import ApusLayers
import ApusTensors

/// A convolutional generator: pictures of 28 × 28 grey values in 0 … 1 from noise.
///
/// A dense layer makes `7 × 7 × 2·width` values, two transposed 4 × 4 convolutions of stride 2 make
/// them larger; batch normalization and ReLU between, the sigmoid at the end.
///
/// - Shapes: `[batch, noise]` → `[batch, 28, 28, 1]`.
/// - Learns: `dense/kernel`, `batch_norm/gamma`, …, `transposed_conv2d_1/kernel`, …; kernels start
///   normal with standard deviation 0.02.
///
/// Reference: Radford, Metz, Chintala (2015), "Unsupervised representation learning with deep
/// convolutional generative adversarial networks", arXiv:1511.06434.
public struct DCGANGenerator: Layer {
  /// The numbers of noise that a picture is made of.
  public static let noiseSize = 64
  /// The channels at 14 × 14.
  public var width: Int

  public init(width: Int = 32) { self.width = width }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let layers = Sequential {
      Dense(7 * 7 * 2 * width, kernelInitializer: .dcgan)
      Reshape([7, 7, 2 * width])
      BatchNorm()
      Activation.relu
      TransposedConv2D(
        width, kernel: 4, strides: 2, padding: .same, usesBias: false, kernelInitializer: .dcgan)
      BatchNorm()
      Activation.relu
      TransposedConv2D(
        1, kernel: 4, strides: 2, padding: .same, activation: .sigmoid, kernelInitializer: .dcgan)
    }
    return try layers(input, in: scope)
  }
}

extension Initializer {
  /// Where the kernels of DCGAN start.
  static let dcgan = Initializer.normal(standardDeviation: 0.02)
}
