import ApusGraph
import ApusKernels
import ApusTensors
import Testing

/// The reference kernels of elementwise operations against numbers of NumPy 2 and Python's `math`.
///
/// With `x = np.array([-2, -.5, 0, 1.5, 3.])`.
struct ReferenceElementwiseTests {
  private let x = Tensor([-2, -0.5, 0, 1.5, 3.0])

  private func value(_ operation: any Operation, _ inputs: Tensor...) throws -> [Double] {
    try KernelRun.reference(operation, inputs).outputs[0].doubles
  }

  static let unaryFunctions: [(operation: any Operation, expected: [Double])] = [
    // np.exp(x), np.expm1(x), np.tanh(x), np.sin(x), np.cos(x)
    (
      Exponential(),
      [0.13533528, 0.60653066, 1, 4.48168907, 20.08553692]
    ),
    (Expm1(), [-0.86466472, -0.39346934, 0, 3.48168907, 19.08553692]),
    (Tanh(), [-0.96402758, -0.46211716, 0, 0.90514825, 0.99505475]),
    (Sine(), [-0.90929743, -0.47942554, 0, 0.99749499, 0.14112001]),
    (Cosine(), [-0.41614684, 0.87758256, 1, 0.0707372, -0.9899925]),
    // 1/(1+np.exp(-x)), np.log1p(np.exp(x)), np.vectorize(math.erf)(x)
    (Sigmoid(), [0.11920292, 0.37754067, 0.5, 0.81757448, 0.95257413]),
    (Softplus(), [0.12692801, 0.47407698, 0.69314718, 1.70141328, 3.04858735]),
    (ErrorFunction(), [-0.99532227, -0.52049988, 0, 0.96610515, 0.99997791]),
    // np.floor(x), np.sign(x), -x, abs(x), x*x
    (Floor(), [-2, -1, 0, 1, 3]),
    (Sign(), [-1, -1, 0, 1, 1]),
    (Negate(), [2, 0.5, 0, -1.5, -3]),
    (Absolute(), [2, 0.5, 0, 1.5, 3]),
    (Square(), [4, 0.25, 0, 2.25, 9]),
    // 1/x, np.sqrt(x), 1/np.sqrt(x), np.log(x), np.log1p(x)
    (Reciprocal(), [-0.5, -2, .infinity, 0.66666667, 0.33333333]),
    (SquareRoot(), [.nan, .nan, 0, 1.22474487, 1.73205081]),
    (ReciprocalSquareRoot(), [.nan, .nan, .infinity, 0.81649658, 0.57735027]),
    (Logarithm(), [.nan, .nan, -.infinity, 0.40546511, 1.09861229]),
    (Log1p(), [.nan, -0.69314718, 0, 0.91629073, 1.38629436]),
    // np.clip(x, -1, 2)
    (Clip(lower: -1, upper: 2), [-1, -0.5, 0, 1.5, 2]),
  ]

  @Test(arguments: unaryFunctions)
  func unaryFunction(_ operation: any Operation, _ expected: [Double]) throws {
    #expect(difference(try value(operation, x), expected) < 1e-8, "\(operation)")
  }

  @Test func sigmoidAndSoftplusDoNotOverflow() throws {
    let large = Tensor([-1000.0, 1000])
    #expect(try value(Sigmoid(), large) == [0, 1])
    #expect(try value(Softplus(), large) == [0, 1000])
  }

  @Test func binaryFunctionsTakeBothOperandsInOrder() throws {
    let (a, b) = (Tensor([6.0, -2, 3]), Tensor([3.0, 4, 0.5]))
    #expect(try value(Add(), a, b) == [9, 2, 3.5])
    #expect(try value(Subtract(), a, b) == [3, -6, 2.5])
    #expect(try value(Multiply(), a, b) == [18, -8, 1.5])
    #expect(try value(Divide(), a, b) == [2, -0.5, 6])
    #expect(try value(Maximum(), a, b) == [6, 4, 3])
    #expect(try value(Minimum(), a, b) == [3, -2, 0.5])
    // 3**0.5
    #expect(difference(try value(Power(), a, b), [216, 16, 1.73205081]) < 1e-8)
  }

  @Test func extremesAreNaNWhereEitherOperandIs() throws {
    let (a, b) = (Tensor([Double.nan, 1]), Tensor([1, Double.nan]))
    for operation in [Maximum(), Minimum()] as [any Operation] {
      #expect(try value(operation, a, b).allSatisfy(\.isNaN))
    }
    #expect(try value(Clip(lower: 0, upper: 1), a)[0].isNaN)
  }

  static let comparisons: [(Comparison.Relation, [Bool])] = [
    (.equal, [false, true, false]), (.notEqual, [true, false, true]),
    (.less, [true, false, false]), (.lessOrEqual, [true, true, false]),
    (.greater, [false, false, true]), (.greaterOrEqual, [false, true, true]),
  ]

  @Test(arguments: comparisons)
  func comparison(_ relation: Comparison.Relation, _ expected: [Bool]) throws {
    let inputs = [Tensor([1.0, 2, 3]), Tensor([2.0, 2, 2])]
    let result = try KernelRun.reference(Comparison(relation), inputs).outputs[0]
    #expect(result.scalars(as: Bool.self) == expected)
  }

  @Test func logicAndSelection() throws {
    let (a, b) = (Tensor([true, true, false, false]), Tensor([true, false, true, false]))
    #expect(try value(LogicalAnd(), a, b) == [1, 0, 0, 0])
    #expect(try value(LogicalOr(), a, b) == [1, 1, 1, 0])
    #expect(try value(LogicalNot(), a) == [0, 0, 1, 1])
    let (first, second) = (Tensor([1.0, 2, 3, 4]), Tensor([5.0, 6, 7, 8]))
    #expect(try value(Select(), b, first, second) == [1, 6, 3, 8])
  }

  @Test func aClipsGradientPassesStrictlyInside() throws {
    let x = Tensor([-1.0, 0, 1, 6, 7])
    let gradient = Tensor([10.0, 20, 30, 40, 50])
    #expect(try value(ClipGradient(lower: 0, upper: 6), x, gradient) == [0, 0, 30, 0, 0])
    let unbounded = ClipGradient(lower: 0, upper: .infinity)
    #expect(try value(unbounded, x, gradient) == [0, 0, 30, 40, 50])
  }

  @Test func castsRoundToTheTarget() throws {
    let x = Tensor([-2.7, 2.7, 1.00390625, .nan, 1e10])
    #expect(try value(Cast(to: .int32), x) == [-2, 2, 1, 0, 2_147_483_647])
    #expect(try value(Cast(to: .uint8), x) == [0, 2, 1, 0, 255])
    #expect(try value(Cast(to: .bool), x) == [1, 1, 1, 1, 1])
    // torch.tensor(x, dtype=torch.float64).bfloat16().double(); the third is a tie, to even.
    let short = try value(Cast(to: .bfloat16), x)
    #expect(difference(short, [-2.703125, 2.703125, 1, .nan, 9_999_220_736]) < 1e-9)
    #expect(try value(Cast(to: .float32), Tensor([0.1]))[0] == Double(Float(0.1)))
  }

  @Test func castingToBFloat16RoundsOnce() throws {
    // A hair above the tie between 1 and 1.0078125: by way of float32 it would become the tie.
    #expect(try value(Cast(to: .bfloat16), Tensor([1.00390625 + 0x1p-40])) == [1.0078125])
    #expect(try value(Cast(to: .bfloat16), Tensor([1.01171875 - 0x1p-40])) == [1.0078125])
  }
}
