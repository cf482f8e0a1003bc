import ApusGraph
import ApusKernels
import ApusTensors
import Glibc
import Testing

/// The reference kernels of products against NumPy and PyTorch 2.13 in float64.
struct ReferenceProductTests {
  @Test func matrixProduct() throws {
    // np.arange(12.).reshape(2, 2, 3) @ (np.arange(12.).reshape(2, 3, 2) - 4)
    let (a, b) = (sequence([2, 2, 3]) { $0 }, sequence([2, 3, 2]) { $0 - 4 })
    let expected: [Double] = [-2, 1, -20, -8, 88, 109, 124, 154]
    let swap = Transpose(permutation: [0, 2, 1])
    let aT = try KernelRun.reference(swap, [a]).outputs[0]
    let bT = try KernelRun.reference(swap, [b]).outputs[0]
    for (first, second) in [(false, false), (true, false), (false, true), (true, true)] {
      let product = MatrixProduct(transposesFirst: first, transposesSecond: second)
      let result = try KernelRun.reference(product, [first ? aT : a, second ? bT : b])
      #expect(result.outputs[0].doubles == expected)
    }
  }

  // x = sin(1.7·arange).reshape(1, 4, 3, 2), w = cos(0.9·arange).reshape(2, 2, 1, 4):
  // F.conv2d(F.pad(x, (1, 0, 0, 1)), w, stride=(2, 1), dilation=(1, 2), groups=2) in NHWC and HWIO,
  // its gradients along sin(0.6·arange).
  private let x = sequence([1, 4, 3, 2]) { sin($0 * 1.7) }
  private let w = sequence([2, 2, 1, 4]) { cos($0 * 0.9) }
  private let g = sequence([1, 2, 2, 4]) { sin($0 * 0.6) }
  private let geometry = ConvolutionGeometry(
    strides: Size2D(height: 2, width: 1), dilations: Size2D(height: 1, width: 2),
    padding: Padding2D(top: 0, bottom: 1, left: 1, right: 0), groups: 2)

  @Test func convolution() throws {
    let expected = [
      0.0621978, 0.61025704, -0.19109173, -0.68965464, -0.68204171, -0.55630413, 0.69577441,
      0.36283716, 0.76865185, 0.54748304, -0.68126055, -0.1821719, -0.17453834, 0.42269392,
      -0.0665768, -0.58862157,
    ]
    let result = try KernelRun.reference(Convolution2D(geometry: geometry), [x, w])
    #expect(difference(result.outputs[0].doubles, expected) < 1e-6)
  }

  @Test func inputGradient() throws {
    let expected = [
      0.76318478, 0.88850895, -0.11902426, 1.56526853, -0.6354748, -1.15231714, 0.37654996,
      1.17819123, 0.3656604, 1.51087418, -0.0398739, -0.96078867, 1.41437236, -0.5667515,
      1.0562145, 0.1341543, -0.92221708, 0.95446807, 0.23963949, -1.14510304, -0.30685488,
      -0.09391512, 0.49241961, 1.09929351,
    ]
    let operation = Convolution2DInputGradient(geometry: geometry, inputShape: x.shape)
    let result = try KernelRun.reference(operation, [g, w])
    #expect(difference(result.outputs[0].doubles, expected) < 1e-6)
  }

  @Test func filterGradient() throws {
    let expected = [
      0.7935035, 0.99833655, -0.53167267, -0.90908217, 1.99967737, 1.55440351, -1.81705384,
      -1.7270349, -1.05081612, -0.82606612, 0.93442348, 0.85745605, -1.41031344, -0.35365185,
      1.53218074, 0.63901412,
    ]
    let operation = Convolution2DFilterGradient(geometry: geometry, filterShape: w.shape)
    let result = try KernelRun.reference(operation, [x, g])
    #expect(difference(result.outputs[0].doubles, expected) < 1e-6)
  }
}
