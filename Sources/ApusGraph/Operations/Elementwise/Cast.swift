import ApusTensors

/// The same numbers in another data type.
///
/// Real numbers are rounded to the nearest, ties to even; to integers they lose their fraction and
/// stop at the ends of the range. A bool is whether the number is not zero; `true` becomes 1.
/// Of int64 beyond 2⁵³ the nearest float64 is rounded.
/// Where an engine computes several operations at once, real numbers between them may keep the digits
/// of float32: they are rounded where a value is stored.
/// - Shapes: `x: [d…]` → `[d…]`.
/// - Derivative: `g` cast back, between real types; none where one side is not real.
public struct Cast: Operation {
  public static let name = "cast"
  public let dataType: DataType

  public init(to dataType: DataType) { self.dataType = dataType }

  public func types(of inputs: [TensorType]) throws(GraphError) -> [TensorType] {
    [TensorType(try inputs.only(in: Self.name).shape, dataType)]
  }

  public func derivative(at node: Node, along gradients: [Node?]) throws(GraphError) -> [Node?] {
    let source = node.inputs[0].dataType
    guard let gradient = gradients[0], source.isFloatingPoint, dataType.isFloatingPoint else {
      return [nil]
    }
    return [try gradient.cast(to: source)]
  }
}

extension Node {
  /// The same numbers in another data type; itself where it has that type already.
  public func cast(to dataType: DataType) throws(GraphError) -> Node {
    self.dataType == dataType ? self : try Cast(to: dataType)(self)
  }
}
