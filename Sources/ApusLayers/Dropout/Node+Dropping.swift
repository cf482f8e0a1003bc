import ApusGraph
import ApusTensors

/// Checks that a rate is a probability.
func requireProbability(_ rate: Double, in layer: String) throws(GraphError) {
  guard rate >= 0, rate <= 1 else {
    throw GraphError(layer, .setting("the rate must be in 0 ... 1, got \(rate)"))
  }
}

/// Checks a rate of a layer that has no meaning where nothing is left.
func requireProbabilityBelowOne(_ rate: Double, in layer: String) throws(GraphError) {
  guard rate >= 0, rate < 1 else {
    throw GraphError(layer, .setting("the rate must be in 0 ..< 1, got \(rate)"))
  }
}

extension Node {
  /// The value under a mask of shape `noise`: zero with probability `rate`, else over `1 − rate`.
  ///
  /// Rate 0 gives the value itself and rate 1 zeros, both without a draw.
  /// - Parameter stream: asked for random numbers where some are needed.
  func dropped(
    _ rate: Double, sharing noise: Shape,
    from stream: () throws(GraphError) -> (key: Node, stream: Int)
  ) throws(GraphError) -> Node {
    guard rate > 0 else { return self }
    guard rate < 1 else { return try Node.filled(0, like: type) }
    let random = try stream()
    if noise == shape { return try dropout(rate: rate, key: random.key, stream: random.stream) }
    let mask = try Node.filled(1, like: TensorType(noise, dataType))
      .dropout(rate: rate, key: random.key, stream: random.stream)
    return try self * mask
  }
}
