import ApusTensors

/// A number for each axis of a picture.
public struct Size2D: Hashable, Sendable {
  public var height: Int
  public var width: Int

  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// The same number for both axes.
  public init(_ side: Int) { self.init(height: side, width: side) }
}

/// The rows and columns added around a picture.
public struct Padding2D: Hashable, Sendable {
  public var top: Int
  public var bottom: Int
  public var left: Int
  public var right: Int

  public init(top: Int, bottom: Int, left: Int, right: Int) {
    self.top = top
    self.bottom = bottom
    self.left = left
    self.right = right
  }

  /// As many rows above and below, as many columns left and right.
  public init(vertical: Int, horizontal: Int) {
    self.init(top: vertical, bottom: vertical, left: horizontal, right: horizontal)
  }

  /// Nothing added.
  public static let none = Padding2D(vertical: 0, horizontal: 0)
}

/// How much is added around a picture before a window slides over it.
public enum PaddingRule: Hashable, Sendable {
  /// Nothing: the window stays inside.
  case valid
  /// As much as gives `⌈extent / stride⌉` positions, the odd one below and right as in TensorFlow.
  case same
  case explicit(Padding2D)

  /// The rows and columns for a window of `window` positions, `dilations` apart, over `input`.
  package func padding(input: Size2D, window: Size2D, strides: Size2D, dilations: Size2D)
    -> Padding2D
  {
    switch self {
    case .valid: return .none
    case .explicit(let padding): return padding
    case .same:
      let rows = Self.same(input.height, window.height, strides.height, dilations.height)
      let columns = Self.same(input.width, window.width, strides.width, dilations.width)
      return Padding2D(
        top: rows / 2, bottom: rows - rows / 2, left: columns / 2, right: columns - columns / 2)
    }
  }

  /// The padding of one axis; zero where the operation refuses the settings anyway.
  private static func same(_ extent: Int, _ window: Int, _ stride: Int, _ dilation: Int) -> Int {
    guard stride >= 1, window >= 1, 1...WindowAxis.limit ~= dilation else { return 0 }
    let (reach, overflow) = (window - 1).multipliedReportingOverflow(by: dilation)
    guard !overflow else { return 0 }
    let positions = extent == 0 ? 0 : (extent - 1) / stride + 1
    return max(0, (positions - 1) * stride + 1 + min(reach, Int.max >> 2) - extent)
  }
}

/// How a filter slides over pictures: the attributes a convolution shares with its gradients.
public struct ConvolutionGeometry: Hashable, Sendable {
  /// The distance between neighbouring positions of the filter.
  public var strides: Size2D
  /// The distance between neighbouring elements of the filter, 1 where they touch.
  public var dilations: Size2D
  public var padding: Padding2D
  /// The parts the channels are split into; each part of the output sees one part of the input.
  public var groups: Int

  /// The largest setting taken.
  package static let limit = WindowAxis.limit

  public init(
    strides: Size2D = Size2D(1), dilations: Size2D = Size2D(1), padding: Padding2D = .none,
    groups: Int = 1
  ) {
    self.strides = strides
    self.dilations = dilations
    self.padding = padding
    self.groups = groups
  }

  /// The result's shape, or the error that says why input and filter do not fit.
  package func outputShape(
    input: TensorType, filter: TensorType, in operation: String
  ) throws(GraphError) -> Shape {
    let inputAxes = "batch, height, width, channel"
    let filterAxes = "height, width, input channel of a group, output channel"
    try input.expectRank(4, of: "input", axes: inputAxes, in: operation)
    try filter.expectRank(4, of: "filter", axes: filterAxes, in: operation)
    let operands: [GraphError.Operand] = [
      .init(name: "input", type: input, axes: inputAxes),
      .init(name: "filter", type: filter, axes: filterAxes),
    ]
    let (channels, outputs) = (input.shape[3], filter.shape[3])
    guard groups >= 1, channels % groups == 0, outputs % groups == 0 else {
      throw GraphError(
        operation,
        .setting("\(groups) groups do not divide \(channels) channels and \(outputs) filters"),
        operands)
    }
    guard channels / groups == filter.shape[2] else {
      throw GraphError(
        operation, .channelsDiffer(input: channels / groups, filter: filter.shape[2]), operands)
    }
    let rows = WindowAxis(
      extent: input.shape[1], window: filter.shape[0], stride: strides.height,
      dilation: dilations.height, before: padding.top, after: padding.bottom)
    let columns = WindowAxis(
      extent: input.shape[2], window: filter.shape[1], stride: strides.width,
      dilation: dilations.width, before: padding.left, after: padding.right)
    let height = try rows.positions("height", in: operation, operands)
    let width = try columns.positions("width", in: operation, operands)
    return try TensorType.checked(
      [input.shape[0], height, width, outputs], input.dataType, in: operation
    ).shape
  }
}

/// A window sliding along one axis.
struct WindowAxis {
  let extent: Int
  let window: Int
  let stride: Int
  let dilation: Int
  let before: Int
  let after: Int

  /// The largest setting taken, so that products of settings and extents do not overflow.
  static let limit = 1 << 20

  /// The number of positions of the window, at least one.
  func positions(
    _ axis: String, in operation: String, _ operands: [GraphError.Operand]
  ) throws(GraphError) -> Int {
    guard 1...Self.limit ~= stride, 1...Self.limit ~= dilation else {
      throw refusal("strides and dilations must be in 1...\(Self.limit)", axis, operation, operands)
    }
    guard 0...Self.limit ~= before, 0...Self.limit ~= after else {
      throw refusal("padding must be in 0...\(Self.limit)", axis, operation, operands)
    }
    guard 1...Self.limit ~= window else {
      throw refusal("the window must be in 1...\(Self.limit)", axis, operation, operands)
    }
    let reach = (window - 1) * dilation + 1
    guard reach <= extent + before + after else {
      throw refusal(
        "a window over \(reach) positions does not fit \(extent + before + after)", axis, operation,
        operands)
    }
    return (extent + before + after - reach) / stride + 1
  }

  private func refusal(
    _ text: String, _ axis: String, _ operation: String, _ operands: [GraphError.Operand]
  ) -> GraphError {
    GraphError(operation, .setting("\(axis): \(text)"), operands)
  }
}
