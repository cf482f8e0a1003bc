import ApusTensors

/// The elements between two corners, every `step`-th along each axis.
///
/// - Shapes: `x: [d…]` → along each axis `⌈(end − start) / step⌉`.
/// - Derivative: `g` in its places, zeros elsewhere.
public struct Slice: Operation {
  public static let name = "slice"
  public let starts: [Int]
  /// The position behind the last one, for each axis.
  public let ends: [Int]
  public let steps: [Int]

  public init(starts: [Int], ends: [Int], steps: [Int]) {
    self.starts = starts
    self.ends = ends
    self.steps = steps
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let input = try inputs.only(in: Self.name)
    let rank = input.rank
    guard starts.count == rank, ends.count == rank, steps.count == rank else {
      throw GraphError(
        Self.name,
        .setting(
          "needs a start, an end and a step for each of \(rank) axes, "
            + "got \(starts.count), \(ends.count) and \(steps.count)"))
    }
    var extents: [Int] = []
    for axis in 0..<rank {
      let (start, end, step) = (starts[axis], ends[axis], steps[axis])
      guard 0 <= start, start <= end, end <= input.shape[axis], step >= 1 else {
        throw GraphError(
          Self.name, .setting("\(start)..<\(end) by \(step) is no part of axis \(axis)"),
          [.init(name: "input", type: input)])
      }
      extents.append(start == end ? 0 : (end - start - 1) / step + 1)
    }
    return [TensorType(Shape(extents), input.dataType)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard var gradient = gradients[0] else { return [nil] }
    let shape = node.inputs[0].shape
    for axis in steps.indices where steps[axis] > 1 {
      gradient = try gradient.spread(alongAxis: axis, step: steps[axis])
    }
    let after = shape.extents.indices.map { shape[$0] - starts[$0] - gradient.shape[$0] }
    return [try gradient.padded(before: starts, after: after)]
  }
}

extension Node {
  /// The elements between two corners, every `step`-th along each axis; itself where that is all.
  ///
  /// - Parameters:
  ///   - starts: the first position along each axis.
  ///   - ends: the position behind the last one along each axis.
  ///   - steps: the distance between the positions, 1 unless given.
  public func sliced(
    from starts: [Int], to ends: [Int], by steps: [Int]? = nil
  ) throws(GraphError) -> Node {
    let steps = steps ?? [Int](repeating: 1, count: shape.rank)
    let isWhole =
      starts == [Int](repeating: 0, count: shape.rank) && ends == shape.extents
      && steps.allSatisfy { $0 == 1 } && steps.count == shape.rank
    return isWhole ? self : try Slice(starts: starts, ends: ends, steps: steps)(self)
  }

  /// Every `step`-th position `from..<to` along one axis, all of the others.
  ///
  /// A negative `axis`, `from` or `to` counts from the end.
  public func sliced(
    alongAxis axis: Int, from: Int = 0, to: Int? = nil, by step: Int = 1
  ) throws(GraphError) -> Node {
    let axis = try shape.normalized(axis: axis, in: Slice.name)
    let extent = shape[axis]
    var (starts, ends) = ([Int](repeating: 0, count: shape.rank), shape.extents)
    var steps = [Int](repeating: 1, count: shape.rank)
    starts[axis] = from < 0 ? from &+ extent : from
    ends[axis] = to.map { $0 < 0 ? $0 &+ extent : $0 } ?? extent
    steps[axis] = step
    return try sliced(from: starts, to: ends, by: steps)
  }

  /// The elements `step` positions apart along one axis, zeros between: a slice's adjoint.
  ///
  /// - Shapes: an axis of extent `n` gets `(n − 1)·step + 1`, or stays empty.
  package func spread(alongAxis axis: Int, step: Int) throws(GraphError) -> Node {
    let extent = shape[axis]
    guard step > 1, extent > 1 else { return self }
    var after = [Int](repeating: 0, count: shape.rank + 1)
    after[axis + 1] = step - 1
    let none = [Int](repeating: 0, count: shape.rank + 1)
    let spaced = try expandingAxis(axis + 1).padded(before: none, after: after)
    return try spaced.reshaped(to: shape.replacing(axis: axis, with: extent * step))
      .sliced(alongAxis: axis, to: (extent - 1) * step + 1)
  }
}
