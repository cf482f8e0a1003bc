import ApusGraph
import ApusKernels
import ApusTensors
import Glibc
import Testing

/// Elementwise programs, fast against reference.
struct FastElementwiseTests {
  private let x = sequence([4, 3, 10]) { 3 * sin($0 * 1.7) }
  private let y = sequence([4, 3, 10]) { 2 * cos($0 * 0.9) }

  private func check(
    _ operation: any Operation, _ inputs: [Tensor], tolerance: Double = 1e-6
  ) throws {
    let expected = try KernelRun.reference(operation, inputs).outputs
    for threads in [1, 3] {
      for overwrites in [false, true] {
        let run = try KernelRun.fast(operation, inputs, threads: threads, overwrites: overwrites)
        for (actual, expected) in zip(run.outputs, expected) {
          #expect(difference(actual.doubles, expected.doubles) <= tolerance, "\(run.description)")
        }
      }
    }
  }

  static let unary: [any Operation] = [
    Negate(), Absolute(), Exponential(), Expm1(), Tanh(), Sigmoid(), ErrorFunction(),
    Reciprocal(), Sign(), Floor(), Square(), Softplus(), Sine(), Cosine(), StopGradient(),
    Clip(lower: -1, upper: 2), Clip(lower: 0, upper: .infinity),
  ]

  @Test(arguments: unary) func unaryOperation(_ operation: any Operation) throws {
    try check(operation, [x])
    let special = Tensor([Float.nan, .infinity, -.infinity, 0, -0.5, 88, -104])
    try check(operation, [special], tolerance: 2e-6)
  }

  @Test(arguments: [Logarithm(), Log1p(), SquareRoot(), ReciprocalSquareRoot()] as [any Operation])
  func functionOfPositiveNumbers(_ operation: any Operation) throws {
    try check(operation, [sequence([100]) { 0.01 + $0 * $0 }])
    try check(operation, [Tensor([Float.nan, .infinity, -2, 0])])
  }

  @Test(
    arguments: [
      Add(), Subtract(), Multiply(), Divide(), Maximum(), Minimum(), Comparison(.less),
      Comparison(.greaterOrEqual), Comparison(.equal), ClipGradient(lower: -1, upper: 2),
      ClipGradient(lower: 0, upper: .infinity), ClipGradient(lower: -.infinity, upper: 0),
    ] as [any Operation])
  func binaryOperation(_ operation: any Operation) throws {
    try check(operation, [x, y])
    try check(operation, [x, x])
    try check(operation, [Tensor([Float.nan, 1, .nan]), Tensor([1, Float.nan, .nan])])
  }

  @Test func powersAndLogic() throws {
    try check(Power(), [sequence([50]) { $0 * 0.1 }, sequence([50]) { sin($0) * 3 }])
    let (a, b) = (Tensor([true, true, false, false]), Tensor([true, false, true, false]))
    try check(LogicalAnd(), [a, b])
    try check(LogicalOr(), [a, b])
    try check(LogicalNot(), [a])
    let condition = try KernelRun.reference(Comparison(.less), [x, y]).outputs[0]
    try check(Select(), [condition, x, y])
  }

  @Test func shortNumbersAreReadAndRounded() throws {
    let short = Tensor(x.scalars(as: Float.self).map { BFloat16($0) }, shape: x.shape)
    try check(Multiply(), [short, short], tolerance: 4e-3)
  }

  @Test func aProgramReadsRowsChannelsAndScalars() throws {
    var builder = ElementwiseProgramBuilder(shape: x.shape)
    let full = builder.input(.full)
    let channel = builder.input(.channel(inner: 10))
    let row = builder.input(.repeated(inner: 10))
    let scalar = builder.input(.scalar)
    let sum = builder.apply(.multiplyAdd, full, channel, row)
    let scaled = builder.apply(.divide, sum, scalar)
    // Two numbers in one step, a step nobody reads, an input stored as it came, a number stored.
    let isLarge = builder.apply(.greater, scaled, .number(0.5))
    let chosen = builder.apply(.select, isLarge, .number(2), .number(3))
    _ = builder.apply(.tanh, full)
    builder.store(builder.apply(.multiply, scaled, chosen), as: .float32)
    builder.store(scaled, as: .bfloat16)
    builder.store(isLarge, as: .bool)
    builder.store(full, as: .float32)
    builder.store(.number(7), as: .float32)
    let inputs = [x, sequence([10]) { cos($0) }, sequence([4, 3]) { $0 }, floats([3], [])]
    try check(builder.operation, inputs, tolerance: 4e-3)
  }

  @Test func anOptimizersStepIsOneProgram() throws {
    // Adam: momenta and weight are written over, each after it is read.
    var builder = ElementwiseProgramBuilder(shape: x.shape)
    let (weight, gradient) = (builder.input(.full), builder.input(.full))
    let (first, second) = (builder.input(.full), builder.input(.full))
    let rate = builder.input(.scalar)
    let decayed = builder.apply(.multiply, first, .number(0.9))
    let m = builder.apply(.multiplyAdd, gradient, .number(0.1), decayed)
    let squared = builder.apply(.square, gradient)
    let kept = builder.apply(.multiply, second, .number(0.999))
    let v = builder.apply(.multiplyAdd, squared, .number(0.001), kept)
    let root = builder.apply(.add, builder.apply(.squareRoot, v), .number(1e-7))
    let change = builder.apply(.divide, builder.apply(.multiply, rate, m), root)
    builder.store(builder.apply(.subtract, weight, change), as: .float32)
    builder.store(m, as: .float32)
    builder.store(v, as: .float32)
    let slots = [sequence(x.shape) { sin($0) }, sequence(x.shape) { 1 + cos($0) }]
    try check(builder.operation, [x, y] + slots + [floats([0.01], [])])
  }

  @Test func anInputIsOverwrittenOnlyByWhatIsStoredAfterItWasRead() throws {
    var builder = ElementwiseProgramBuilder(shape: [8])
    let (a, b) = (builder.input(.full), builder.input(.full))
    let negated = builder.apply(.negate, a)
    builder.store(negated, as: .float32)
    builder.store(builder.apply(.add, negated, b), as: .float32)
    let type = TensorType([8])
    let request = KernelRequest(
      operation: builder.operation, inputs: [type, type], outputs: [type, type], threads: 1)
    let kernel = try #require(try kernelTable[FusedElementwise.name]?.first?.prepare(request))
    let pairs = kernel.aliasableOperands.map { [$0.input, $0.output] }
    // `b` is read after the first output is stored.
    #expect(pairs == [[0, 0], [0, 1], [1, 1]])
  }

  @Test func aProductThatIsOnlyAddedIsOneStepWithTheSum() throws {
    var builder = ElementwiseProgramBuilder(shape: x.shape)
    let (a, b) = (builder.input(.full), builder.input(.full))
    let product = builder.apply(.multiply, a, b)
    let sum = builder.apply(.add, b, product)
    builder.store(builder.apply(.add, builder.apply(.square, sum), a), as: .float32)
    let run = try KernelRun.fast(builder.operation, [x, y])
    // Two loads, two steps, one store.
    #expect(run.description.hasPrefix("elementwise 5 "))
    try check(builder.operation, [x, y])
    // A product that is read twice stays.
    builder.store(product, as: .float32)
    #expect(try KernelRun.fast(builder.operation, [x, y]).description.hasPrefix("elementwise 7 "))
    try check(builder.operation, [x, y])
  }

  @Test func integersAreNoOperands() {
    let integer = TensorType([3], .int64)
    #expect(!ElementwiseProgramBuilder.accepts(Add(), inputs: [integer, integer], output: integer))
    let cast = Cast(to: .int32)
    #expect(
      !ElementwiseProgramBuilder.accepts(
        cast, inputs: [TensorType([3])], output: TensorType([3], .int32)))
    #expect(
      ElementwiseProgramBuilder.accepts(
        Cast(to: .float32), inputs: [TensorType([3], .uint8)], output: TensorType([3])))
  }
}
