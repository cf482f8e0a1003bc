import ApusGraph
import ApusTensors

/// Depthwise convolutions where oneDNN's loops for them beat the C kernels'.
///
/// With one thread of a Zen 5 and batches of 128, own over oneDNN's (2.6.3) time: forward 0.4 to
/// 0.8 at 7×7 and above, but 1.2 to 1.6 at stride 2 up to 14×14 and below 7×7; input gradient 0.3
/// to 1 from 7×7, 1 to 1.5 below; filter gradient 0.9 at stride 1 from 14×14, else 1.2 to 2. Where
/// oneDNN has no loop for depthwise ones it is slow (22 times at 2×2), so those are not taken.
struct OneDNNDepthwise: Kernel {
  func prepare(_ request: KernelRequest) -> (any PreparedKernel)? {
    guard Self.isFaster(request) else { return nil }
    return OneDNNConvolution2D().prepare(request).flatMap(Self.withDepthwiseLoop)
  }

  /// `prepared` where oneDNN chose a loop for depthwise convolutions.
  static func withDepthwiseLoop(_ prepared: any PreparedKernel) -> (any PreparedKernel)? {
    let parts = prepared.description.split { " :".contains($0) }
    return parts.contains { $0.hasSuffix("_dw") } ? prepared : nil
  }

  /// Whether oneDNN is faster for such shapes.
  static func isFaster(_ request: KernelRequest) -> Bool {
    switch request.operation {
    case let forward as Convolution2D:
      let input = request.inputs[0].shape
      return forward.geometry.groups == input[3]
        && input[2] < (forward.geometry.strides == Size2D(1) ? 7 : 28)
    case let gradient as Convolution2DInputGradient:
      return gradient.geometry.groups == gradient.inputShape[3] && gradient.inputShape[2] < 7
    case let gradient as Convolution2DFilterGradient:
      let input = request.inputs[0].shape
      return gradient.geometry.groups == input[3]
        && (gradient.geometry.strides != Size2D(1) || input[2] < 14)
    default: return false
    }
  }
}
