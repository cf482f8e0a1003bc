import ApusTensors

// Activations that are one operation or a composition of few; their derivatives follow.
extension Node {
  /// The positive part, `max(x, 0)`; its slope at zero is zero.
  public func relu() throws(GraphError) -> Node { try clipped(lower: 0) }

  /// The positive part, at most 6.
  public func relu6() throws(GraphError) -> Node { try clipped(lower: 0, upper: 6) }

  /// `x` where positive, `slope·x` elsewhere.
  public func leakyReLU(slope: Double = 0.01) throws(GraphError) -> Node {
    try Node.select(isGreater(than: 0), self, self * slope)
  }

  /// `x` where positive, `α·(eˣ − 1)` elsewhere.
  ///
  /// Reference: Clevert, Unterthiner, Hochreiter (2016), "Fast and accurate deep network learning
  /// by exponential linear units", ICLR.
  public func elu(alpha: Double = 1) throws(GraphError) -> Node {
    let isPositive = try isGreater(than: 0)
    // The exponential sees no positive number, whose infinity would turn a zero gradient into NaN.
    let negative = try Node.select(isPositive, Node.filled(0, like: type), self)
    return try Node.select(isPositive, self, negative.expm1() * alpha)
  }

  /// The self-normalizing unit, `λ·elu(x)` with fixed `α` and `λ`.
  ///
  /// Reference: Klambauer et al. (2017), "Self-normalizing neural networks", NeurIPS.
  public func selu() throws(GraphError) -> Node {
    try elu(alpha: 1.6732632423543772848) * 1.0507009873554804934
  }

  /// `x·Φ(x)` with the normal distribution function `Φ`.
  ///
  /// `approximately` takes `½x·(1 + tanh(√(2/π)·(x + 0.044715·x³)))` instead.
  ///
  /// Reference: Hendrycks, Gimpel (2016), "Gaussian error linear units", arXiv:1606.08415.
  public func gelu(approximately: Bool = false) throws(GraphError) -> Node {
    let half = try self * 0.5
    guard approximately else {
      return try half * ((self * 0.5.squareRoot()).errorFunction() + 1)
    }
    let inner = try self + squared() * self * 0.044715
    return try half * ((inner * (2 / Double.pi).squareRoot()).tanh() + 1)
  }

  /// `x·σ(x)`, also called SiLU.
  ///
  /// Reference: Ramachandran, Zoph, Le (2017), "Searching for activation functions",
  /// arXiv:1710.05941.
  public func swish() throws(GraphError) -> Node { try self * sigmoid() }
}
