import ApusGraph
import ApusTensors

extension OperationCase {
  /// Functions of two real numbers, broadcasting, and operators with plain numbers.
  static let binaryCases: [OperationCase] = equalShapeCases + broadcastCases + numberCases

  private static let equalShapeCases: [OperationCase] = [
    OperationCase("add", [.real([5, 13]), .real([5, 13])]) { try $0[0] + $0[1] },
    OperationCase("add/integers", [.integers([5, 13], below: 9), .integers([5, 13], below: 9)]) {
      try $0[0] + $0[1]
    }.derivatives(upTo: 0),
    OperationCase("add/twice", [.real([5, 13])]) { try $0[0] + $0[0] },
    OperationCase("subtract", [.real([5, 13]), .real([5, 13])]) { try $0[0] - $0[1] },
    OperationCase("multiply", [.real([5, 13]), .real([5, 13])]) { try $0[0] * $0[1] },
    OperationCase("multiply/twice", [.real([5, 13])]) { try $0[0] * $0[0] },
    OperationCase("divide", [.real([5, 13]), .real([5, 13], 0.4, 3)]) { try $0[0] / $0[1] },
    OperationCase("power", [.real([5, 13], 0.3, 3), .real([5, 13])]) {
      try $0[0].raised(to: $0[1])
    },
    OperationCase(
      "power/ofZero", [.listed([4], [0, 0, 2, 3]), .listed([4], [2, 3, 0, 1])]
    ) { try $0[0].raised(to: $0[1]) }.derivatives(upTo: 0),
    OperationCase("maximum", [.spaced([5, 13]), .spaced([5, 13], -1.99, 2.01)]) {
      try Node.maximum($0[0], $0[1])
    },
    OperationCase("minimum", [.spaced([5, 13]), .spaced([5, 13], -1.99, 2.01)]) {
      try Node.minimum($0[0], $0[1])
    },
  ]

  private static let broadcastCases: [OperationCase] = [
    OperationCase("broadcast", [.real([3, 1])]) { try $0[0].broadcast(to: [2, 3, 4]) },
    OperationCase("broadcast/scalar", [.real([])]) { try $0[0].broadcast(to: [3, 5]) },
    OperationCase("broadcast/ones", [.real([1, 1])]) { try $0[0].broadcast(to: [1, 1, 1]) },
    OperationCase("broadcast/toEmpty", [.real([1, 3])]) { try $0[0].broadcast(to: [0, 3]) },
    OperationCase("add/bias", [.real([2, 3, 17]), .real([17])]) { try $0[0] + $0[1] },
    OperationCase("add/outer", [.real([3, 1, 5]), .real([4, 1])]) { try $0[0] + $0[1] },
    OperationCase("subtract/fromScalar", [.real([]), .real([2, 3])]) { try $0[0] - $0[1] },
    OperationCase("multiply/rows", [.real([2, 3, 4]), .real([2, 1, 4])]) { try $0[0] * $0[1] },
    OperationCase("divide/columns", [.real([2, 3]), .real([2, 1], 0.4, 3)]) { try $0[0] / $0[1] },
  ]

  private static let numberCases: [OperationCase] = [
    OperationCase("multiply/number", [.real([5, 13])]) { try 2.5 * $0[0] * 0.3 },
    OperationCase("subtract/number", [.real([5, 13])]) { try 1 - ($0[0] - 0.25) },
    OperationCase("divide/number", [.real([5, 13], 0.4, 3)]) { try 2 / $0[0] / 3 },
    OperationCase("power/cube", [.real([5, 13])]) { try $0[0].raised(to: 3) },
    OperationCase("power/root", [.real([5, 13], 0.2, 3)]) { try $0[0].raised(to: 0.5) },
    OperationCase("power/inverse", [.real([5, 13], 0.3, 3)]) { try $0[0].raised(to: -1) },
  ]
}
