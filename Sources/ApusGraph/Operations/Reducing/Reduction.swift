import ApusTensors

/// The sum, mean, maximum, minimum or product over some axes.
///
/// - Shapes: `x: [d…]` → `[d…]` without `axes`, or with extent 1 there where `keepsAxes`.
/// - Derivative: `g` repeated along `axes`, for the mean divided by the number of elements. For
///   maximum and minimum it goes to the extreme elements, in equal shares where there are several.
///   For the product it is `g` times the product of all other elements, right at zeros too.
public struct Reduction: Operation {
  public static let name = "reduction"
  public let kind: Kind
  /// The axes that are reduced, ascending.
  public let axes: [Int]
  /// Whether the reduced axes stay, with extent 1.
  public let keepsAxes: Bool

  /// What becomes of the elements.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case sum, mean, maximum, minimum, product
  }

  public init(kind: Kind, axes: [Int], keepsAxes: Bool = false) {
    self.kind = kind
    self.axes = axes
    self.keepsAxes = keepsAxes
  }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    let input = try inputs.only(in: Self.name).numeric(in: Self.name)
    if kind == .mean { _ = try input.floatingPoint(in: Self.name) }
    guard try input.shape.normalized(axes: axes, in: Self.name) == axes else {
      throw GraphError(Self.name, .setting("axes \(axes) are not ascending"))
    }
    if kind == .maximum || kind == .minimum, let empty = axes.first(where: { input.shape[$0] == 0 })
    {
      throw GraphError(
        Self.name, .setting("axis \(empty) has no elements and so no \(kind.rawValue)"),
        [.init(name: "input", type: input)])
    }
    let shape = keepsAxes ? input.shape.keeping(reduced: axes) : input.shape.dropping(axes)
    return [TensorType(shape, input.dataType)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    guard let gradient = gradients[0] else { return [nil] }
    let input = node.inputs[0]
    let kept = input.shape.keeping(reduced: axes)
    let aligned = try gradient.reshaped(to: kept)
    switch kind {
    case .sum: return [try aligned.broadcast(to: input.shape)]
    case .mean:
      let count = axes.reduce(1) { $0 * input.shape[$1] }
      return [try (aligned * (1 / Double(count))).broadcast(to: input.shape)]
    case .maximum, .minimum:
      let extreme = try input.isEqual(to: node.reshaped(to: kept))
      let shares = try extreme.cast(to: input.dataType).sum(overAxes: axes, keepingAxes: true)
      return [try Node.select(extreme, aligned / shares, Node.filled(0, like: input.type))]
    case .product:
      let product = try productByHalves(of: input)
      return try gradientsWhereDependent(of: [product], along: [gradient], with: [input])
    }
  }

  public func decomposition(of inputs: [Node]) throws(GraphError) -> [Node]? {
    kind == .product ? [try productByHalves(of: inputs[0])] : nil
  }

  /// The product by multiplying the first half with the second again and again.
  ///
  /// Its derivative needs no division, so zeros do no harm, and takes as much memory as the input.
  private func productByHalves(of input: Node) throws(GraphError) -> Node {
    let kept = input.shape.extents.indices.filter { !axes.contains($0) }
    let outer = kept.map { input.shape[$0] }
    let count = axes.reduce(1) { $0 * input.shape[$1] }
    var factors = try input.transposed(kept + axes).reshaped(to: Shape(outer + [count]))
    guard count > 0 else {
      return try Node.filled(1, like: types(of: [input.type])[0])
    }
    while factors.shape[outer.count] > 1 {
      let half = (factors.shape[outer.count] + 1) / 2
      let first = try factors.sliced(alongAxis: -1, to: half)
      var after = [Int](repeating: 0, count: outer.count + 1)
      after[outer.count] = 2 * half - factors.shape[outer.count]
      let none = [Int](repeating: 0, count: outer.count + 1)
      let second = try factors.sliced(alongAxis: -1, from: half)
        .padded(before: none, after: after, with: 1)
      factors = try first * second
    }
    return try factors.reshaped(to: types(of: [input.type])[0].shape)
  }
}

extension Shape {
  /// The shape with extent 1 along `axes`.
  package func keeping(reduced axes: [Int]) -> Shape {
    var extents = extents
    for axis in axes { extents[axis] = 1 }
    return Shape(extents)
  }

  /// The shape without `axes`, which are ascending.
  package func dropping(_ axes: [Int]) -> Shape {
    var extents = extents
    for axis in axes.reversed() { extents.remove(at: axis) }
    return Shape(extents)
  }
}

extension Node {
  /// The sum over `axes`, over all of them unless given; negative axes count from the end.
  public func sum(overAxes axes: [Int]? = nil, keepingAxes: Bool = false) throws(GraphError) -> Node
  {
    try reduced(.sum, axes, keepingAxes)
  }

  /// The mean over `axes`, over all of them unless given.
  public func mean(overAxes axes: [Int]? = nil, keepingAxes: Bool = false) throws(GraphError)
    -> Node
  {
    try reduced(.mean, axes, keepingAxes)
  }

  /// The largest element over `axes`, over all of them unless given.
  public func max(overAxes axes: [Int]? = nil, keepingAxes: Bool = false) throws(GraphError) -> Node
  {
    try reduced(.maximum, axes, keepingAxes)
  }

  /// The smallest element over `axes`, over all of them unless given.
  public func min(overAxes axes: [Int]? = nil, keepingAxes: Bool = false) throws(GraphError) -> Node
  {
    try reduced(.minimum, axes, keepingAxes)
  }

  /// The product over `axes`, over all of them unless given.
  public func product(
    overAxes axes: [Int]? = nil, keepingAxes: Bool = false
  ) throws(GraphError) -> Node {
    try reduced(.product, axes, keepingAxes)
  }

  /// A reduction over axes of extent 1 changes no element: it is a reshape.
  private func reduced(
    _ kind: Reduction.Kind, _ axes: [Int]?, _ keepsAxes: Bool
  ) throws(GraphError) -> Node {
    let axes = try shape.normalized(axes: axes ?? Array(0..<shape.rank), in: Reduction.name)
    let reduction = Reduction(kind: kind, axes: axes, keepsAxes: keepsAxes)
    if axes.allSatisfy({ shape[$0] == 1 }) {
      return try reshaped(to: reduction.types(of: [type])[0].shape)
    }
    return try reduction(self)
  }
}
