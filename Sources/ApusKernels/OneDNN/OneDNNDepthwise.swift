import ApusGraph
import ApusTensors

/// Depthwise convolutions where oneDNN's loops for them beat the C kernels'.
///
/// With one thread of a Zen 5 and batches of 128, own over oneDNN's (2.6.3) time: forward 0.75 at
/// 28×28×32, 1.3 at stride 2 and 1.3 to 2 at 4×4 and below; input gradient 0.6 at 28×28, 1.2 to 2
/// at 4×4 and below; filter gradient 1.1 to 2. Where oneDNN has no loop for depthwise ones it is
/// slow (12 times at 2×2), so those are not taken.
struct OneDNNDepthwise: Kernel {
  func prepare(_ request: KernelRequest) -> (any PreparedKernel)? {
    guard isFaster(request) else { return nil }
    let prepared = OneDNNConvolution2D().prepare(request)
    let parts = prepared?.description.split { " :".contains($0) } ?? []
    return parts.contains { $0.hasSuffix("_dw") } ? prepared : nil
  }

  private func isFaster(_ request: KernelRequest) -> Bool {
    switch request.operation {
    case let forward as Convolution2D:
      let input = request.inputs[0].shape
      return forward.geometry.groups == input[3]
        && (forward.geometry.strides != Size2D(1) || input[2] < 8)
    case let gradient as Convolution2DInputGradient:
      return gradient.geometry.groups == gradient.inputShape[3] && gradient.inputShape[2] < 8
    case let gradient as Convolution2DFilterGradient:
      return gradient.geometry.groups == request.inputs[0].shape[3]
    default: return false
    }
  }
}
