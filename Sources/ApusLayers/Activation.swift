import ApusGraph
import ApusTensors

/// A function of each number (or, for the softmax family, of each row).
///
/// Formulas are those of Keras' activations; `x` is the input.
public enum Activation: Layer, Hashable {
  /// `x`
  case linear
  /// `max(x, 0)`
  case relu
  /// `min(max(x, 0), 6)`
  case relu6
  /// `x` where positive, else `slope·x`; Keras' `leaky_relu` has slope 0.2, its layer `LeakyReLU`
  /// 0.3.
  case leakyReLU(slope: Double = 0.2)
  /// `x` where positive, else `alpha·(exp(x) − 1)`. Clevert et al. (2015), arXiv:1511.07289.
  case elu(alpha: Double = 1)
  /// The scaled ELU that keeps mean 0 and variance 1. Klambauer et al. (2017), arXiv:1706.02515.
  case selu
  /// `x·Φ(x)`, exactly by the error function. Hendrycks, Gimpel (2016), arXiv:1606.08415.
  case gelu
  /// `gelu` by its tanh formula.
  case approximateGELU
  /// `x·sigmoid(x)`, also called SiLU. Ramachandran et al. (2017), arXiv:1710.05941.
  case swish
  /// `log(1 + exp(x))`
  case softplus
  /// `1 / (1 + exp(−x))`
  case sigmoid
  case tanh
  case exponential
  /// `exp(x) / Σ exp(x)` over the last axis.
  case softmax
  /// `log(softmax(x))` over the last axis.
  case logSoftmax

  public var kind: String { "Activation" }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try callAsFunction(input)
  }

  /// The function's value; it needs no scope, because it has no parameters.
  public func callAsFunction(_ input: Node) throws(GraphError) -> Node {
    switch self {
    case .linear: input
    case .relu: try input.relu()
    case .relu6: try input.relu6()
    case .leakyReLU(let slope): try input.leakyReLU(slope: slope)
    case .elu(let alpha): try input.elu(alpha: alpha)
    case .selu: try input.selu()
    case .gelu: try input.gelu()
    case .approximateGELU: try input.gelu(approximately: true)
    case .swish: try input.swish()
    case .softplus: try input.softplus()
    case .sigmoid: try input.sigmoid()
    case .tanh: try input.tanh()
    case .exponential: try input.exponential()
    case .softmax: try input.softmax()
    case .logSoftmax: try input.logSoftmax()
    }
  }
}
