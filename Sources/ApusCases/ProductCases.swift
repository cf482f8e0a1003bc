import ApusGraph
import ApusTensors

extension OperationCase {
  /// Products of matrices in every transposition, with batches and with extents of one and zero.
  static let productCases: [OperationCase] = [
    product("matrixProduct", [5, 7], [7, 3]),
    product("matrixProduct/transposedFirst", [7, 5], [7, 3], first: true),
    product("matrixProduct/transposedSecond", [5, 7], [3, 7], second: true),
    product("matrixProduct/transposedBoth", [7, 5], [3, 7], first: true, second: true),
    product("matrixProduct/batch", [2, 3, 4, 5], [2, 3, 5, 6]),
    product("matrixProduct/batchTransposed", [3, 5, 4], [3, 6, 5], first: true, second: true),
    product("matrixProduct/batchBroadcast", [3, 1, 4, 5], [2, 5, 6]),
    product("matrixProduct/oneMatrix", [2, 3, 4], [4, 5]),
    product("matrixProduct/oneMatrixTransposed", [2, 3, 4], [5, 4], second: true),
    product("matrixProduct/row", [1, 9], [9, 4]),
    product("matrixProduct/column", [4, 9], [9, 1]),
    product("matrixProduct/outer", [4, 1], [1, 6]),
    product("matrixProduct/empty", [4, 0], [0, 6]),
    product("matrixProduct/wide", [37, 65], [65, 33]),
  ]

  private static func product(
    _ name: String, _ left: Shape, _ right: Shape, first: Bool = false, second: Bool = false
  ) -> OperationCase {
    OperationCase(name, [.real(left), .real(right)]) {
      try $0[0].matrixProduct(with: $0[1], transposingFirst: first, transposingSecond: second)
    }
  }
}
