import ApusGraph
import ApusKernels
import ApusTensors
import Glibc
import Testing

/// The reference kernels of pooling against PyTorch 2.13 in float64.
///
/// `x = sin(1.7·arange).reshape(1, 3, 3, 2)` in NHWC, windows of 2×2 at strides (2, 1) with one
/// padded row above and one padded column right; gradients along `sin(0.6·arange)`.
struct ReferencePooling2DTests {
  private let x = sequence([1, 3, 3, 2]) { sin($0 * 1.7) }
  private let g = sequence([1, 2, 3, 2]) { sin($0 * 0.6) }

  private func check(
    _ kind: Pooling2D.Kind, _ expected: [Double], _ expectedGradient: [Double]
  ) throws {
    let pooling = Pooling2D(
      kind: kind, window: Size2D(2), strides: Size2D(height: 2, width: 1),
      padding: Padding2D(top: 1, bottom: 0, left: 0, right: 1))
    let result = try KernelRun.reference(pooling, [x]).outputs[0]
    #expect(difference(result.doubles, expected) < 1e-6)
    let operation = Pooling2DGradient(pooling: pooling, inputShape: x.shape)
    let inputs = kind == .maximum ? [x, g] : [g]
    let gradient = try KernelRun.reference(operation, inputs).outputs[0]
    #expect(difference(gradient.doubles, expectedGradient) < 1e-6)
  }

  @Test func maximum() throws {
    // F.max_pool2d(F.pad(x, (0, 1, 1, 0), value=-np.inf), 2, (2, 1))
    try check(
      .maximum,
      [
        0, 0.99166481, 0.49411335, 0.79848711, 0.49411335, 0.79848711, 0.9997929, 0.39674057,
        0.87927306, 0.39674057, 0.87927306, -0.14899903,
      ],
      [
        0, 0.56464247, 0, 0, 1.60750227, 1.11496764, 0, 0, 0, -1.64434026, 0, 0.31154136,
        -0.44252044, 0, 0, 0, -1.27558011, 0,
      ])
  }

  @Test func averageCountingPadding() throws {
    // F.avg_pool2d(F.pad(x, (0, 1, 1, 0)), 2, (2, 1))
    try check(
      .average(countsPadding: true),
      [
        -0.06388528, 0.01646253, 0.05964306, -0.03183189, 0.12352834, 0.19962178, 0.0468204,
        0.0072563, -0.04869027, 0.00529064, -0.02053111, -0.18365909,
      ],
      [
        0, 0.14116062, 0.23300977, 0.38462253, 0.40187557, 0.27874191, -0.11063011, -0.21789394,
        -0.35967126, -0.41108506, -0.31889503, -0.11530578, -0.11063011, -0.21789394,
        -0.35967126, -0.41108506, -0.31889503, -0.11530578,
      ])
  }

  @Test func averageOfRealElements() throws {
    // the same divided by the average pooling of ones
    try check(
      .average(countsPadding: false),
      [
        -0.12777055, 0.03292506, 0.11928612, -0.06366378, 0.49411335, 0.79848711, 0.0468204,
        0.0072563, -0.04869027, 0.00529064, -0.04106222, -0.36731818,
      ],
      [
        0, 0.28232124, 0.46601954, 0.76924505, 1.14148272, 0.62804382, -0.11063011, -0.21789394,
        -0.35967126, -0.41108506, -0.3887489, -0.03742044, -0.11063011, -0.21789394, -0.35967126,
        -0.41108506, -0.3887489, -0.03742044,
      ])
  }
}
