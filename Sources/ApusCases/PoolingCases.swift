import ApusGraph
import ApusTensors

extension OperationCase {
  /// Pooling with overlapping windows, remainders and padding.
  static let poolingCases: [OperationCase] = [
    pooling("maximum", [2, 4, 6, 3], .maximum, 2, 2, .none),
    pooling("maximumRemainder", [1, 5, 7, 2], .maximum, 2, 2, .none),
    pooling("maximumOverlapping", [2, 7, 7, 3], .maximum, 3, 2, same),
    pooling("maximumPadded", [1, 5, 6, 5], .maximum, 3, 1, Padding2D(vertical: 1, horizontal: 1)),
    pooling("average", [2, 4, 6, 3], .average(countsPadding: false), 2, 2, .none),
    pooling("averageUneven", [2, 6, 6, 3], .average(countsPadding: false), 3, 2, uneven),
    pooling("averageCounting", [2, 6, 6, 3], .average(countsPadding: true), 3, 2, same),
    pooling("averageWhole", [2, 4, 4, 17], .average(countsPadding: false), 4, 4, .none),
    OperationCase("pooling2D/maximumSame", [.spaced([1, 5, 6, 2])]) {
      try $0[0].maximumPooling2D(
        window: Size2D(height: 3, width: 2), strides: Size2D(2), padding: .same)
    },
    OperationCase("pooling2D/averageSame", [.real([1, 5, 6, 2])]) {
      try $0[0].averagePooling2D(
        window: Size2D(height: 3, width: 2), strides: Size2D(2), padding: .same)
    },
    OperationCase("pooling2D/maximumTies", [.integers([1, 6, 6, 2], below: 2, .float32)]) {
      try $0[0].maximumPooling2D(window: Size2D(3), strides: Size2D(2))
    }.derivatives(upTo: 0),
    OperationCase(
      "pooling2DGradient/maximum", [.spaced([1, 5, 5, 3]), .real([1, 3, 3, 3])]
    ) {
      let pooling = Pooling2D(
        kind: .maximum, window: Size2D(3), strides: Size2D(2),
        padding: Padding2D(vertical: 1, horizontal: 1))
      return try Pooling2DGradient(pooling: pooling, inputShape: [1, 5, 5, 3])($0[0], $0[1])
    },
  ]

  private static let same = Padding2D(vertical: 1, horizontal: 1)
  private static let uneven = Padding2D(top: 0, bottom: 1, left: 1, right: 0)

  private static func pooling(
    _ name: String, _ input: Shape, _ kind: Pooling2D.Kind, _ window: Int, _ stride: Int,
    _ padding: Padding2D
  ) -> OperationCase {
    OperationCase("pooling2D/\(name)", [.spaced(input)]) {
      try Pooling2D(
        kind: kind, window: Size2D(window), strides: Size2D(stride), padding: padding)($0[0])
    }
  }
}
