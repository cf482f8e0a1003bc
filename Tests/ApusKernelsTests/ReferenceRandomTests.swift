import ApusGraph
import ApusKernels
import ApusTensors
import Testing

/// The reference kernels of random numbers against Philox4x32-10 written out in Python.
///
/// Key: seed `5·2³² + 7`, step `3·2³² + 11`; stream 2.
struct ReferenceRandomTests {
  private let key = Tensor([(5 << 32) + Int64(7), (3 << 32) + Int64(11)])
  private let uniform = [
    0.6845476627349854, 0.3091233968734741, 0.11677026748657227, 0.4739372730255127,
    0.5611851811408997, 0.8590837121009827,
  ]

  @Test func uniformNumbers() throws {
    let operation = RandomUniform(shape: [6], stream: 2, dataType: .float64)
    #expect(try KernelRun.reference(operation, [key]).outputs[0].doubles == uniform)
    let wide = RandomUniform(shape: [6], stream: 2, lower: -1, upper: 3, dataType: .float64)
    let expected = uniform.map { 4 * $0 - 1 }
    #expect(difference(try KernelRun.reference(wide, [key]).outputs[0].doubles, expected) < 1e-15)
  }

  @Test func normalNumbers() throws {
    // r = np.sqrt(-2 * np.log(1 - u[0::2])); r * np.cos(2 * np.pi * u[1::2]), r * np.sin(…)
    let expected = [
      -0.5514098882833804, 1.4154301441188875, -0.49167024436239354, 0.08124192144027415,
      0.8124224369723303, -0.9936424626337363,
    ]
    let operation = RandomNormal(shape: [6], stream: 2, dataType: .float64)
    #expect(
      difference(try KernelRun.reference(operation, [key]).outputs[0].doubles, expected) < 1e-14)
  }

  @Test func dropoutKeepsWhereTheNumberIsAtLeastTheRate() throws {
    // np.where(u >= .5, np.arange(1, 7) / .5, 0)
    let x = Tensor([1.0, 2, 3, 4, 5, 6])
    let kept = try KernelRun.reference(Dropout(rate: 0.5, stream: 2), [x, key]).outputs[0]
    #expect(kept.doubles == [2, 0, 0, 0, 10, 12])
  }
}
