import ApusGraph
import ApusLayers
import ApusTensors

/// The critic of the Fashion-MNIST GAN: how real a picture looks, any number.
///
/// Two hidden layers of 128 and 32 units with ReLU, then one number.
///
/// - Shapes: `[batch, 784]` → `[batch, 1]`.
/// - Learns: `dense/kernel`, `dense/bias`, `dense_1/kernel`, …, `dense_2/bias`; kernels start in
///   −0.05 … 0.05, biases at zero.
public struct FashionCritic: Layer {
  public init() {}

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    let layers = Sequential {
      Dense(128, activation: .relu, kernelInitializer: .smallUniform)
      Dense(32, activation: .relu, kernelInitializer: .smallUniform)
      Dense(1, kernelInitializer: .smallUniform)
    }
    return try layers(input, in: scope)
  }
}

extension Initializer {
  /// Where the kernels of the Fashion-MNIST GAN start.
  static let smallUniform = Initializer.uniform(from: -0.05, to: 0.05)
}
