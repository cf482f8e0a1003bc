import ApusGraph
import ApusTensors

extension Computation {
  /// The computation with zeros around pictures left to the convolution that reads them.
  ///
  /// A padded copy of the pictures is neither written nor read, and neither is the part of the
  /// gradient that belongs to the padding.
  func foldingPadding() throws -> Computation {
    try GraphRewriter.rewrite(self) { application, inputs in
      switch application.operation {
      case let convolution as Convolution2D:
        guard let pad = PicturePadding(inputs[0]) else { return nil }
        var folded = convolution
        folded.geometry.padding += pad.padding
        guard folded.geometry.padding.isAllowed else { return nil }
        return [try folded(pad.picture, inputs[1])]
      case let gradient as Convolution2DFilterGradient:
        guard let pad = PicturePadding(inputs[0]) else { return nil }
        var folded = gradient
        folded.geometry.padding += pad.padding
        guard folded.geometry.padding.isAllowed else { return nil }
        return [try folded(pad.picture, inputs[1])]
      case let slice as Slice:
        return try foldedGradient(slice, inputs[0])
      default: return nil
      }
    }
  }

  /// The gradient of the picture alone where `slice` cuts it out of that of the padded picture.
  private func foldedGradient(_ slice: Slice, _ input: Node) throws -> [Node]? {
    guard var gradient = input.operation as? Convolution2DInputGradient,
      slice.steps.allSatisfy({ $0 == 1 }),
      slice.starts[0] == 0, slice.starts[3] == 0,
      slice.ends[0] == input.shape[0], slice.ends[3] == input.shape[3]
    else { return nil }
    let cut = Padding2D(
      top: slice.starts[1], bottom: input.shape[1] - slice.ends[1], left: slice.starts[2],
      right: input.shape[2] - slice.ends[2])
    gradient.geometry.padding += cut
    guard gradient.geometry.padding.isAllowed else { return nil }
    gradient.inputShape = Shape(zip(slice.starts, slice.ends).map { $1 - $0 })
    return [try gradient(input.inputs[0], input.inputs[1])]
  }
}

/// Pictures with zeros added around them.
private struct PicturePadding {
  let picture: Node
  let padding: Padding2D

  init?(_ node: Node) {
    guard let pad = node.operation as? Pad, pad.value == 0, pad.before.count == 4,
      pad.before[0] == 0, pad.after[0] == 0, pad.before[3] == 0, pad.after[3] == 0
    else { return nil }
    picture = node.inputs[0]
    padding = Padding2D(
      top: pad.before[1], bottom: pad.after[1], left: pad.before[2], right: pad.after[2])
  }
}

extension Padding2D {
  /// Whether a convolution takes it.
  fileprivate var isAllowed: Bool {
    max(top, bottom, left, right) <= ConvolutionGeometry.limit
  }

  fileprivate static func += (padding: inout Padding2D, more: Padding2D) {
    padding.top += more.top
    padding.bottom += more.bottom
    padding.left += more.left
    padding.right += more.right
  }
}
