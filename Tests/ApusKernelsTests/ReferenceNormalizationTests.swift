import ApusGraph
import ApusKernels
import ApusTensors
import Glibc
import Testing

/// The reference kernels of normalizations against PyTorch 2.13 and NumPy in float64.
///
/// `x = sin(1.7·arange).reshape(6, 4)`, `γ = [1, 0.5, 2, −1]`, `β = [0, 0.1, −0.2, 0.3]`, `ε =
/// 1e-3`; gradients along `sin(0.6·arange)`.
struct ReferenceNormalizationTests {
  private let x = sequence([6, 4]) { sin($0 * 1.7) }
  private let g = sequence([6, 4]) { sin($0 * 0.6) }
  private let gamma = floats([1, 0.5, 2, -1], [4])
  private let beta = floats([0, 0.1, -0.2, 0.3], [4])
  // x.mean(0), x.var(0)
  private let mean = [0.62690397, 0.09715865, -0.65194068, 0.07083929]
  private let variance = [0.11281516, 0.48400191, 0.08183067, 0.48828078]
  // gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3) + beta
  private let y = [
    -1.8582364, 0.74221673, 2.55465739, 1.72483746, -0.3936111, 0.6035235, -0.53310268,
    1.28497514, 0.68844672, 0.31508686, -2.35047525, 0.61428547, 1.10529813, -0.04775208,
    -2.42275349, -0.11204403, 0.74805944, -0.39021798, -0.73105796, -0.70429247, -0.2899568,
    -0.62285703, 2.28273198, -1.00776156,
  ]

  private func expectOutputs(
    _ operation: any Operation, _ inputs: [Tensor], _ expected: [[Double]]
  ) throws {
    let outputs = try KernelRun.reference(operation, inputs).outputs
    for (output, numbers) in zip(outputs, expected) {
      #expect(difference(output.doubles, numbers) < 2e-6)
    }
  }

  @Test func batchNormalization() throws {
    let inputs = [x, gamma, beta]
    try expectOutputs(BatchNormalization(epsilon: 1e-3), inputs, [y, mean, variance])
    let clip = BatchNormalizationClip(epsilon: 1e-3, lower: 0, upper: 0.7)
    let clipped = y.map { min(max($0, 0), 0.7) }
    try expectOutputs(clip, inputs, [clipped, mean, variance])
  }

  @Test func batchNormalizationGradient() throws {
    try expectOutputs(
      BatchNormalizationGradient(epsilon: 1e-3),
      [x, gamma, floats(mean, [4]), floats(variance, [4]), g],
      [
        [
          0.07232325, 0.23878719, 2.97665714, -1.13994967, 2.11013919, -0.03615982, -3.52930633,
          1.48296889, -2.81848092, -0.63172137, -0.6029961, -0.23182644, 2.49699257, 0.71619254,
          7.3487929, -0.40093992, -0.38098091, -0.4312847, -7.07557628, 1.48187365, -1.47999317,
          0.14418615, 0.88242866, -1.19212652,
        ], [-0.04926029, 0.87743647, 1.70353018, -0.14634187],
        [-0.23793326, 0.2652897, 0.67583934, 0.85029885],
      ])
  }

  @Test func clippedBatchNormalizationGradient() throws {
    // the same with y.clamp(0, 0.7)
    try expectOutputs(
      BatchNormalizationClipGradient(epsilon: 1e-3, lower: 0, upper: 0.7),
      [x, gamma, beta, floats(mean, [4]), floats(variance, [4]), g],
      [
        [
          -0.1374503, 0.10483163, 0, 0.10747208, 0.35877245, 0.19983298, 0, 0.09721022,
          -2.22740041, -0.46943323, 0, -0.36382287, 0.86661077, 0.06885295, 0, 0.06461814,
          0.74557643, 0.05325554, 0, 0.05080114, 0.39389107, 0.04266013, 0, 0.04372129,
        ], [-0.68580626, -0.1903085, 0, -0.09791292], [-0.99616461, -0.63164448, 0, 0.31154136],
      ])
  }

  @Test func layerNormalization() throws {
    // gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-3) + beta
    try expectOutputs(
      LayerNormalization(epsilon: 1e-3), [x, gamma, beta],
      [
        [
          0.06879299, 0.85366725, -0.80380664, 1.57422417, 0.75502053, 0.70710464, -2.29254192,
          1.22295884, 1.21288201, 0.36560946, -3.14167146, 0.5732652, 1.29326308, -0.02390605,
          -3.09577198, -0.10243501, 1.06663729, -0.34987045, -2.38264276, -0.62442499, 0.61646973,
          -0.57399358, -1.2165556, -0.93979523,
        ]
      ])
  }
}
