import ApusGraph
import ApusTensors

extension OperationCase {
  /// Rows taken from and added to tables, with indices that come again.
  static let indexingCases: [OperationCase] = [
    OperationCase("gather", [.real([4, 5]), .integers([9], below: 4)]) {
      try $0[0].gathering($0[1])
    },
    OperationCase("gather/sentences", [.real([6, 3, 2]), .integers([2, 5], below: 6, .int64)]) {
      try $0[0].gathering($0[1]).squared()
    },
    OperationCase("gather/numbers", [.real([7]), .integers([3, 4], below: 7)]) {
      try $0[0].gathering($0[1])
    },
    OperationCase("gather/one", [.real([4, 5]), .integers([], below: 4)]) {
      try $0[0].gathering($0[1])
    },
    OperationCase("scatterAdd", [.integers([9], below: 4), .real([9, 5])]) {
      try $0[1].scatterAdded(at: $0[0], count: 4).squared()
    },
    OperationCase("scatterAdd/sentences", [.integers([2, 5], below: 6), .real([2, 5, 3])]) {
      try $0[1].scatterAdded(at: $0[0], count: 6)
    },
    OperationCase("oneHot", [.integers([2, 3], below: 5)]) {
      try $0[0].oneHot(depth: 5)
    }.derivatives(upTo: 0),
    OperationCase("oneHot/outside", [.listed([4], [-1, 0, 3, 4], .int32)]) {
      try $0[0].oneHot(depth: 4)
    }.derivatives(upTo: 0),
  ]
}
