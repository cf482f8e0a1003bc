import ApusTensors

/// The shape of a dropout mask: which numbers of a value are dropped together.
///
/// One entry for each axis of the value: nil has a draw for each index, 1 shares one draw along the
/// axis. `[nil, 1, nil]` for `[batch, steps, features]` drops a feature at all steps or at none.
/// The mask is broadcast to the value.
///
/// Semantics of `noise_shape` in Keras' `Dropout`.
public struct NoiseShape: Sendable, Hashable, ExpressibleByArrayLiteral {
  /// The extents of the mask; nil takes the value's own.
  public var extents: [Int?]

  public init(_ extents: [Int?]) { self.extents = extents }

  public init(arrayLiteral extents: Int?...) { self.extents = extents }

  /// The mask of a value of shape `input`.
  ///
  /// - Throws: ``GraphError`` where the ranks differ or an extent is neither 1 nor the value's.
  func shape(for input: Shape, in layer: String) throws(GraphError) -> Shape {
    guard extents.count == input.rank else {
      throw GraphError(layer, .rank(expected: "\(extents.count)", actual: input.rank))
    }
    var result: [Int] = []
    for (axis, extent) in extents.enumerated() {
      let own = input[axis]
      guard let extent else {
        result.append(own)
        continue
      }
      guard extent == 1 || extent == own else {
        throw GraphError(
          layer,
          .setting("the noise shape must have 1 or \(own) at axis \(axis), got \(extent)"))
      }
      result.append(extent)
    }
    return Shape(result)
  }

  /// One draw for each index of the axes named here, shared along all others.
  static func drawing(alongAxes axes: Set<Int>, ofRank rank: Int) -> NoiseShape {
    NoiseShape((0..<rank).map { axes.contains($0) ? nil : 1 })
  }
}
