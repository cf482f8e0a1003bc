import ApusTensors

/// The parts of a value along one axis, one behind the other.
///
/// One operation rather than many slices, so that the gradients of `n` parts are concatenated once
/// instead of padded and added `n` times.
/// - Shapes: `x: [d…, Σ nᵢ, e…]` → `[d…, nᵢ, e…]` for each part.
/// - Derivative: the parts' gradients concatenated, zeros where there is none.
public struct Split: Operation {
  public static let name = "split"
  public let axis: Int
  /// The extent of each part.
  public let extents: [Int]

  public init(axis: Int, extents: [Int]) {
    self.axis = axis
    self.extents = extents
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let input = try inputs.only(in: Self.name)
    guard 0..<input.rank ~= axis else {
      throw GraphError(Self.name, .axisOutOfRange(axis: axis, rank: input.rank))
    }
    var rest = input.shape[axis]
    for extent in extents where extent >= 0 && rest >= 0 { rest -= min(extent, rest + 1) }
    guard rest == 0, extents.allSatisfy({ $0 >= 0 }), !extents.isEmpty else {
      throw GraphError(
        Self.name,
        .setting("parts of \(extents) do not fill the extent \(input.shape[axis]) of axis \(axis)"))
    }
    return extents.map {
      TensorType(input.shape.replacing(axis: axis, with: $0), input.dataType)
    }
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    var parts: [Node] = []
    for (index, gradient) in gradients.enumerated() {
      let zeros = try Node.filled(0, like: node.output(index).type)
      parts.append(gradient ?? zeros)
    }
    return [try Node.concatenated(parts, alongAxis: axis)]
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    var parts: [Node] = []
    var start = 0
    for extent in extents {
      parts.append(try inputs[0].sliced(alongAxis: axis, from: start, to: start + extent))
      start += extent
    }
    return parts
  }
}

extension Node {
  /// Parts of the given extents along `axis`, which they fill.
  public func split(into extents: [Int], alongAxis axis: Int) throws(GraphError) -> [Node] {
    let axis = try shape.normalized(axis: axis, in: Split.name)
    if extents == [shape[axis]] { return [self] }
    return try Split(axis: axis, extents: extents).outputs(of: [self])
  }

  /// `count` equal parts along `axis`.
  public func split(into count: Int, alongAxis axis: Int) throws(GraphError) -> [Node] {
    let axis = try shape.normalized(axis: axis, in: Split.name)
    guard count >= 1, shape[axis] % count == 0 else {
      throw GraphError(
        Split.name, .setting("the extent \(shape[axis]) has no \(count) equal parts"),
        [.init(name: "input", type: type)])
    }
    return try split(
      into: [Int](repeating: shape[axis] / count, count: count), alongAxis: axis)
  }
}
