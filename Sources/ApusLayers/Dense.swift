import ApusGraph
import ApusTensors

/// An affine map of the last axis, `y = activation(x·W + b)`.
///
/// - Shapes: `[…, inputs]` → `[…, units]`.
/// - Learns: `kernel: [inputs, units]`, Glorot uniform; `bias: [units]`, zeros.
///
/// Names, shapes and defaults are those of Keras' `Dense`.
public struct Dense: Layer {
  public var units: Int
  public var activation: Activation
  public var usesBias: Bool
  public var kernelInitializer: Initializer
  public var biasInitializer: Initializer

  public init(
    _ units: Int, activation: Activation = .linear, usesBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, biasInitializer: Initializer = .zeros
  ) {
    self.units = units
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.biasInitializer = biasInitializer
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try requirePositive(units, "units", in: "dense")
    let inputs = try input.extent(ofAxis: -1, named: "dense")
    let kernel = try scope.parameter(
      "kernel", layerShape([inputs, units], in: "dense"), initializer: kernelInitializer)
    let outer = Shape(input.shape.extents.dropLast())
    // One product over all leading axes: the kernel has no batch axes of its own.
    var value = try input.reshaped(to: [outer.count, inputs]).matrixProduct(with: kernel)
    if usesBias {
      value = try value + scope.parameter("bias", [units], initializer: biasInitializer)
    }
    return try activation(value.reshaped(to: .checked(outer.extents + [units], in: "dense")))
  }
}
