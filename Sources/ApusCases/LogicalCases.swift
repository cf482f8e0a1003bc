import ApusGraph
import ApusTensors

extension OperationCase {
  /// Comparisons with ties, choices and truth values.
  static let logicalCases: [OperationCase] = comparisonCases + choiceCases

  private static func comparison(
    _ name: String, _ dataType: DataType, _ relation: Comparison.Relation
  ) -> OperationCase {
    OperationCase(
      name, [.integers([5, 13], below: 3, dataType), .integers([5, 13], below: 3, dataType)]
    ) { try Comparison(relation)($0[0], $0[1]) }.derivatives(upTo: 0)
  }

  private static let comparisonCases: [OperationCase] =
    Comparison.Relation.allCases.map { comparison("comparison/\($0.rawValue)", .float32, $0) }
    + [
      comparison("comparison/integers", .int64, .lessOrEqual),
      OperationCase("comparison/number", [.real([5, 13])]) {
        try $0[0].isGreater(than: 0.5)
      }.derivatives(upTo: 0),
    ]

  private static let choiceCases: [OperationCase] = [
    OperationCase("select", [.truth([5, 13]), .real([5, 13]), .real([5, 13])]) {
      try Node.select($0[0], $0[1], $0[2])
    },
    OperationCase("select/broadcast", [.truth([3, 1]), .real([3, 4]), .real([])]) {
      try Node.select($0[0], $0[1], $0[2])
    },
    OperationCase("logicalAnd", [.truth([5, 13]), .truth([5, 13])]) {
      try $0[0].and($0[1])
    }.derivatives(upTo: 0),
    OperationCase("logicalOr", [.truth([5, 13]), .truth([5, 13])]) {
      try $0[0].or($0[1])
    }.derivatives(upTo: 0),
    OperationCase("logicalNot", [.truth([5, 13])]) { try !$0[0] }.derivatives(upTo: 0),
  ]
}
