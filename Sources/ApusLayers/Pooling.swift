import ApusGraph
import ApusTensors

/// The largest value under a window that slides over the picture.
///
/// - Shapes: `[batch, height, width, channels]` → `[batch, height′, width′, channels]`.
///
/// Names and defaults are those of Keras' `MaxPooling2D`; strides are the window's size unless
/// given.
public struct MaxPooling2D: Layer {
  public var window: Size2D
  public var strides: Size2D
  public var padding: PaddingRule

  public init(_ window: Size2D = 2, strides: Size2D? = nil, padding: PaddingRule = .valid) {
    self.window = window
    self.strides = strides ?? window
    self.padding = padding
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try input.maximumPooling2D(window: window, strides: strides, padding: padding)
  }
}

/// The mean under a window that slides over the picture.
///
/// - Shapes: `[batch, height, width, channels]` → `[batch, height′, width′, channels]`.
///
/// Names and defaults are those of Keras' `AveragePooling2D`, which leaves padding out of the mean.
public struct AveragePooling2D: Layer {
  public var window: Size2D
  public var strides: Size2D
  public var padding: PaddingRule
  /// Whether padding counts as zeros, as PyTorch has it.
  public var countsPadding: Bool

  public init(
    _ window: Size2D = 2, strides: Size2D? = nil, padding: PaddingRule = .valid,
    countsPadding: Bool = false
  ) {
    self.window = window
    self.strides = strides ?? window
    self.padding = padding
    self.countsPadding = countsPadding
  }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try input.averagePooling2D(
      window: window, strides: strides, padding: padding, countsPadding: countsPadding)
  }
}
