import ApusGraph
import ApusTensors

extension OperationCase {
  /// Random numbers under fixed keys, with seeds and steps beyond 32 bits.
  static let randomCases: [OperationCase] = [
    OperationCase("dropout", [.real([5, 13]), .key(seed: 7, step: 3)]) {
      try $0[0].dropout(rate: 0.5, key: $0[1], stream: 0)
    },
    OperationCase(
      "dropout/deep", [.real([3, 5, 7]), .key(seed: 0x1_2345_6789, step: 0x2_0000_0005)]
    ) {
      try $0[0].dropout(rate: 0.1, key: $0[1], stream: 12).squared()
    },
    OperationCase("randomUniform", [.key(seed: 11, step: 1)]) {
      try $0[0].randomUniform(TensorType([3, 7]), stream: 2, lower: -1, upper: 3)
    }.derivatives(upTo: 0),
    OperationCase("randomUniform/negativeSeed", [.key(seed: -5, step: 9)]) {
      try $0[0].randomUniform(TensorType([9]), stream: 0)
    }.derivatives(upTo: 0),
    OperationCase("randomNormal", [.key(seed: 11, step: 1)]) {
      try $0[0].randomNormal(TensorType([3, 7]), stream: 3, mean: 0.5, standardDeviation: 2)
    }.derivatives(upTo: 0),
  ]
}
