import ApusGraph
import ApusTensors

extension OperationCase {
  /// Functions of one real number, on more elements than a vector holds and not a multiple of it.
  static let unaryCases: [OperationCase] = smoothCases + kinkedCases + clippedCases + typeCases

  private static func unary(
    _ name: String, _ lower: Double, _ upper: Double, apartFrom points: [Double] = [],
    _ function: @escaping @Sendable (Node) throws -> Node
  ) -> OperationCase {
    OperationCase(name, [.real([5, 13], lower, upper, apartFrom: points)]) { try function($0[0]) }
  }

  private static let smoothCases: [OperationCase] = [
    unary("negate", -3, 3) { try -$0 },
    unary("exponential", -3, 3) { try $0.exponential() },
    unary("exponential/wide", -80, 3) { try $0.exponential() },
    unary("logarithm", 0.1, 4) { try $0.logarithm() },
    unary("log1p", -0.9, 4) { try $0.log1p() },
    unary("log1p/small", -1e-4, 1e-4) { try $0.log1p() },
    unary("expm1", -3, 3) { try $0.expm1() },
    unary("expm1/small", -1e-4, 1e-4) { try $0.expm1() },
    unary("squareRoot", 0.1, 4) { try $0.squareRoot() },
    unary("reciprocalSquareRoot", 0.1, 4) { try $0.reciprocalSquareRoot() },
    unary("tanh", -4, 4) { try $0.tanh() },
    unary("tanh/small", -1e-3, 1e-3) { try $0.tanh() },
    unary("sigmoid", -6, 6) { try $0.sigmoid() },
    unary("errorFunction", -3, 3) { try $0.errorFunction() },
    unary("square", -3, 3) { try $0.squared() },
    unary("reciprocal", 0.3, 3) { try $0.reciprocal() },
    unary("sine", -4, 4) { try $0.sine() },
    unary("cosine", -4, 4) { try $0.cosine() },
    unary("softplus", -6, 6) { try $0.softplus() },
    unary("softplus/wide", -60, 60) { try $0.softplus() }.derivatives(upTo: 1),
    unary("gelu", -3, 3) { try $0.gelu() },
    unary("gelu/approximate", -3, 3) { try $0.gelu(approximately: true) },
    unary("swish", -4, 4) { try $0.swish() },
    OperationCase("tanh/scalar", [.real([])]) { try $0[0].tanh() },
    OperationCase("tanh/empty", [.real([0, 3])]) { try $0[0].tanh() },
    OperationCase("tanh/many", [.real([3, 1031], -4, 4)]) { try $0[0].tanh() },
  ]

  private static let kinkedCases: [OperationCase] = [
    unary("absolute", -3, 3, apartFrom: [0]) { try $0.absolute() },
    unary("sign", -3, 3, apartFrom: [0]) { try $0.sign() },
    unary("floor", -3, 3, apartFrom: [-3, -2, -1, 0, 1, 2, 3]) { try $0.floor() },
    unary("leakyReLU", -3, 3, apartFrom: [0]) { try $0.leakyReLU(slope: 0.2) },
    unary("elu", -3, 3, apartFrom: [0]) { try $0.elu(alpha: 0.7) },
    unary("selu", -3, 3, apartFrom: [0]) { try $0.selu() },
  ]

  private static let clippedCases: [OperationCase] = [
    unary("clip", -3, 3, apartFrom: [-1, 2]) { try $0.clipped(lower: -1, upper: 2) },
    unary("relu", -3, 3, apartFrom: [0]) { try $0.relu() },
    unary("relu6", -3, 9, apartFrom: [0, 6]) { try $0.relu6() },
    unary("relu6/squared", -3, 9, apartFrom: [0, 6]) { try $0.relu6().squared() },
    OperationCase("clip/atBounds", [.listed([5], [-2, -1, 0, 2, 3])]) {
      try $0[0].clipped(lower: -1, upper: 2)
    }.derivatives(upTo: 0),
  ]

  private static let typeCases: [OperationCase] = [
    unary("cast/toInteger", -3, 3, apartFrom: [-3, -2, -1, 0, 1, 2, 3]) {
      try $0.cast(to: .int32)
    }.derivatives(upTo: 0),
    OperationCase("cast/fromInteger", [.integers([5, 13], below: 100)]) {
      try $0[0].cast(to: .float32)
    }.derivatives(upTo: 0),
    OperationCase("cast/fromTruth", [.truth([5, 13])]) {
      try $0[0].cast(to: .float32)
    }.derivatives(upTo: 0),
    OperationCase("cast/toTruth", [.integers([5, 13], below: 3, .float32)]) {
      try $0[0].cast(to: .bool)
    }.derivatives(upTo: 0),
    unary("stopGradient", -3, 3) { try $0.stoppingGradient() * $0 }.derivatives(upTo: 0),
  ]
}
