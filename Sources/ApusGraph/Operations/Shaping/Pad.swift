import ApusTensors

/// The value with a number repeated before and after it along each axis.
///
/// - Shapes: `x: [d…]` → `[before + d + after, …]`.
/// - Derivative: the slice of `g` where `x` is.
public struct Pad: Operation {
  public static let name = "pad"
  public let before: [Int]
  public let after: [Int]
  public let value: Double

  public init(before: [Int], after: [Int], value: Double = 0) {
    self.before = before
    self.after = after
    self.value = value
  }

  /// NaN pads as NaN does.
  public static func == (first: Pad, second: Pad) -> Bool {
    first.before == second.before && first.after == second.after
      && first.value.bitPattern == second.value.bitPattern
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(before)
    hasher.combine(after)
    hasher.combine(value.bitPattern)
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let input = try inputs.only(in: Self.name)
    guard before.count == input.rank, after.count == input.rank else {
      throw GraphError(
        Self.name,
        .setting(
          "needs two amounts for each of \(input.rank) axes, "
            + "got \(before.count) before and \(after.count) after"))
    }
    var extents: [Int] = []
    for axis in before.indices {
      let (first, last) = (before[axis], after[axis])
      guard 0...Int.max >> 8 ~= first, 0...Int.max >> 8 ~= last else {
        throw GraphError(
          Self.name, .setting("amounts must be counts, got \(first) and \(last) on axis \(axis)"))
      }
      extents.append(first + input.shape[axis] + last)
    }
    return [try .checked(extents, input.dataType, in: Self.name)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    let shape = node.inputs[0].shape
    let ends = before.indices.map { before[$0] + shape[$0] }
    return [try gradients[0]?.sliced(from: before, to: ends)]
  }
}

extension Node {
  /// The value with `value` repeated `before` and `after` it along each axis.
  public func padded(
    before: [Int], after: [Int], with value: Double = 0
  ) throws(GraphError) -> Node {
    let none = [Int](repeating: 0, count: shape.rank)
    if before == none, after == none { return self }
    return try Pad(before: before, after: after, value: value)(self)
  }
}
