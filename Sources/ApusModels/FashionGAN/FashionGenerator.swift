import ApusGraph
import ApusLayers
import ApusTensors

/// The generator of the Fashion-MNIST GAN: pictures of 28 × 28 grey values from noise.
///
/// Two hidden layers of 32 and 128 units with ReLU, then 784 values in 0 … 1 by the sigmoid.
///
/// - Shapes: `[batch, noise]` → `[batch, 784]`; the noise is uniform in −1 … 1.
/// - Learns: `dense/kernel`, `dense/bias`, `dense_1/kernel`, …, `dense_2/bias`; kernels start in
///   −0.05 … 0.05, biases at zero.
public struct FashionGenerator: Layer {
  /// The numbers of noise that a picture is made of.
  public static let noiseSize = 10
  /// The numbers of a picture.
  public static let pictureSize = 784

  public init() {}

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let layers = Sequential {
      Dense(32, activation: .relu, kernelInitializer: .smallUniform)
      Dense(128, activation: .relu, kernelInitializer: .smallUniform)
      Dense(Self.pictureSize, activation: .sigmoid, kernelInitializer: .smallUniform)
    }
    return try layers(input, in: scope)
  }
}
