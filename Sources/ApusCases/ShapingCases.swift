import ApusGraph
import ApusTensors

extension OperationCase {
  /// Elements moved but not changed.
  static let shapingCases: [OperationCase] = orderCases + partCases + jointCases

  private static let orderCases: [OperationCase] = [
    OperationCase("reshape", [.real([2, 3, 4])]) { try $0[0].reshaped(to: [4, 6]).squared() },
    OperationCase("reshape/flattened", [.real([2, 3, 4])]) { try $0[0].flattened().squared() },
    OperationCase("transpose", [.real([3, 5])]) { try $0[0].transposed() },
    OperationCase("transpose/middle", [.real([2, 3, 4, 5])]) {
      try $0[0].transposed([0, 2, 1, 3])
    },
    OperationCase("transpose/rotated", [.real([2, 3, 4])]) { try $0[0].transposed([2, 0, 1]) },
    OperationCase("transpose/pictures", [.real([2, 3, 5, 4])]) {
      try $0[0].transposed([0, 3, 1, 2])
    },
    OperationCase("reverse", [.real([3, 4, 5])]) { try $0[0].reversed(alongAxes: [0, -1]) },
  ]

  private static let partCases: [OperationCase] = [
    OperationCase("slice", [.real([4, 5, 6])]) {
      try $0[0].sliced(from: [1, 0, 2], to: [3, 5, 6])
    },
    OperationCase("slice/steps", [.real([7, 6, 5])]) {
      try $0[0].sliced(from: [1, 0, 0], to: [7, 6, 4], by: [2, 3, 1])
    },
    OperationCase("slice/stepOverEnd", [.real([5, 3])]) {
      try $0[0].sliced(alongAxis: 0, from: 1, by: 3)
    },
    OperationCase("slice/empty", [.real([4, 3])]) {
      try $0[0].sliced(alongAxis: 0, from: 2, to: 2)
    },
    OperationCase("pad", [.real([3, 4])]) {
      try $0[0].padded(before: [1, 0], after: [2, 3], with: -0.5)
    },
    OperationCase("pad/pictures", [.real([2, 3, 3, 5])]) {
      try $0[0].padded(before: [0, 0, 0, 0], after: [0, 1, 1, 0])
    },
    OperationCase(
      "split", [.real([3, 7])],
      outputs: {
        try $0[0].split(into: [2, 4, 1], alongAxis: 1)
      }),
    OperationCase(
      "split/equal", [.real([6, 2])],
      outputs: {
        try $0[0].split(into: 3, alongAxis: 0)
      }),
    OperationCase("split/oneUsed", [.real([6, 2])]) {
      try $0[0].split(into: 3, alongAxis: 0)[1].squared()
    },
  ]

  private static let jointCases: [OperationCase] = [
    OperationCase("concatenate", [.real([2, 3]), .real([4, 3])]) {
      try Node.concatenated($0, alongAxis: 0)
    },
    OperationCase("concatenate/last", [.real([2, 3, 2]), .real([2, 3, 5]), .real([2, 3, 1])]) {
      try Node.concatenated($0, alongAxis: -1)
    },
    OperationCase("concatenate/withEmpty", [.real([2, 3]), .real([2, 0])]) {
      try Node.concatenated($0, alongAxis: 1)
    },
    OperationCase("concatenate/twice", [.real([2, 3])]) {
      try Node.concatenated([$0[0], $0[0]], alongAxis: 0).squared()
    },
    OperationCase("concatenate/stacked", [.real([2, 3]), .real([2, 3])]) {
      try Node.stacked($0, alongAxis: 1)
    },
  ]
}
