import ApusGraph
import ApusTensors

extension OperationCase {
  /// Each kind of reduction over each pattern of axes, and compositions of reductions.
  static let reductionCases: [OperationCase] = patternCases + specialCases + statisticCases

  private static let patterns: [(label: String, axes: [Int], keeps: Bool)] = [
    ("all", [0, 1, 2], false), ("first", [0], false), ("middle", [1], true), ("last", [2], false),
    ("outer", [0, 2], true), ("leading", [0, 1], false), ("trailing", [1, 2], false),
  ]

  private static let patternCases: [OperationCase] = Reduction.Kind.allCases.flatMap { kind in
    patterns.map { pattern in
      OperationCase("reduction/\(kind.rawValue)/\(pattern.label)", [.spaced([3, 4, 5])]) {
        try Reduction(kind: kind, axes: pattern.axes, keepsAxes: pattern.keeps)($0[0])
      }
    }
  }

  private static let specialCases: [OperationCase] = [
    OperationCase("reduction/sum/pictures", [.real([3, 5, 5, 19])]) {
      try $0[0].squared().sum(overAxes: [0, 1, 2])
    },
    OperationCase("reduction/mean/pictures", [.real([3, 5, 5, 19])]) {
      try $0[0].squared().mean(overAxes: [1, 2])
    },
    OperationCase("reduction/sum/many", [.real([2100])]) { try $0[0].sum() },
    OperationCase("reduction/sum/empty", [.real([0, 3])]) { try $0[0].sum(overAxes: [0]) },
    OperationCase("reduction/product/empty", [.real([0, 3])]) { try $0[0].product(overAxes: [0]) },
    OperationCase("reduction/sum/integers", [.integers([3, 4], below: 50, .int64)]) {
      try $0[0].sum(overAxes: [1])
    }.derivatives(upTo: 0),
    OperationCase(
      "reduction/product/zeros", [.listed([3, 3], [1, 0, 3, 0, 2, 0, 1, 2, 3])]
    ) { try $0[0].product(overAxes: [1]) },
    OperationCase("reduction/maximum/ties", [.listed([2, 4], [1, 3, 3, 0, 2, 2, 2, 2])]) {
      try $0[0].max(overAxes: [1])
    }.derivatives(upTo: 0),
    OperationCase("argMax/first", [.spaced([4, 5])]) {
      try $0[0].argMax(alongAxis: 0)
    }.derivatives(upTo: 0),
    OperationCase("argMax/last", [.spaced([2, 3, 7])]) {
      try $0[0].argMax()
    }.derivatives(upTo: 0),
    OperationCase("argMax/ties", [.listed([2, 4], [1, 3, 3, 0, 2, 2, 2, 2])]) {
      try $0[0].argMax()
    }.derivatives(upTo: 0),
  ]

  private static let statisticCases: [OperationCase] = [
    OperationCase("logSumExp", [.real([3, 7], -5, 5)]) { try $0[0].logSumExp(overAxes: [-1]) },
    OperationCase("logSumExp/large", [.real([3, 7], 900, 1000)]) {
      try $0[0].logSumExp(overAxes: [0], keepingAxes: true)
    }.derivatives(upTo: 1),
    OperationCase("variance", [.real([3, 4, 5])]) { try $0[0].variance(overAxes: [0, 1]) },
    OperationCase("norm", [.real([3, 7])]) { try $0[0].norm(overAxes: [1]) },
    OperationCase("norm/ofZero", [.listed([2, 2], [0, 0, 3, 4])]) {
      try $0[0].norm(overAxes: [1])
    }.derivatives(upTo: 0),
  ]
}
