import ApusTensors

/// The elementwise power, `aᵇ`.
///
/// - Shapes: `a: [d…]`, `b: [d…]` → `[d…]`, real numbers.
/// - Derivative: `∂a = b·aᵇ⁻¹·g`, zero where `b = 0`; `∂b = log(a)·aᵇ·g`, zero where `a ≤ 0`.
public struct Power: BinaryFunction {
  public static let name = "power"

  public init() {}

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    [try inputs.equal(2, in: Self.name).floatingPoint(in: Self.name)]
  }

  public func derivatives(at node: Node, along gradient: Node) throws(GraphError) -> (Node?, Node?)
  {
    let (base, exponent) = (node.inputs[0], node.inputs[1])
    let one = try Node.filled(1, like: base.type)
    let zero = try Node.filled(0, like: base.type)
    // 0⁻¹ would make a NaN of 0·∞, so there the exponent is replaced before the power is taken.
    let lowered: Node
    if let number = exponent.uniformValue, number != 0 {
      lowered = try base.raised(to: number - 1)
    } else {
      let ofZero = try Node.select(base.isEqual(to: 0), one, exponent)
      lowered = try base.raised(to: Node.select(exponent.isEqual(to: 0), ofZero, exponent) - 1)
    }
    let isPositive = try base.isGreater(than: 0)
    let logarithm = try Node.select(isPositive, base, one).logarithm()
    return (
      try exponent * lowered * gradient,
      try Node.select(isPositive, logarithm * node * gradient, zero)
    )
  }
}

extension Node {
  /// Each element raised to the power beside it; the smaller operand is broadcast.
  public func raised(to exponent: Node) throws(GraphError) -> Node {
    let (base, exponent) = try Node.broadcastTogether(self, exponent, in: Power.name)
    return try Power()(base, exponent)
  }

  /// Each element raised to the same power.
  public func raised(to exponent: Double) throws(GraphError) -> Node {
    switch exponent {
    case 0: try Node.filled(1, like: type)
    case 1: self
    case 2: try squared()
    case -1: try reciprocal()
    default: try raised(to: Node.literal(exponent, dataType))
    }
  }
}
