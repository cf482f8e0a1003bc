import ApusGraph
import ApusTensors
import Testing

struct RefusalTests {
  @Test(
    arguments: Refusal.elementwise + Refusal.shaping + Refusal.indexing + Refusal.reducing
      + Refusal.products + Refusal.pictures + Refusal.normalizing + Refusal.random
      + Refusal.sequences)
  func isToldWithReasonAndSentence(_ refusal: Refusal) throws {
    let operands = try placeholders(refusal.types)
    let error = #expect(throws: GraphError.self) { _ = try refusal.build(operands) }
    #expect(error?.reason == refusal.reason)
    #expect(error?.description == refusal.sentence)
  }
}

extension Refusal {
  static let elementwise: [Refusal] = [
    Refusal(
      "shapes that do not broadcast", [[2, 3], [4, 3]], .shapesDiffer([2, 3], [4, 3]),
      "add: the operands' shapes differ: [2, 3] and [4, 3]; first float32[2, 3]; "
        + "second float32[4, 3]"
    ) { try $0[0] + $0[1] },
    Refusal(
      "data types that differ", types: [TensorType([2]), TensorType([2], .int32)],
      .dataTypesDiffer(.float32, .int32),
      "multiply: the operands' data types differ: float32 and int32; operand 0 float32[2]; "
        + "operand 1 int32[2]"
    ) { try $0[0] * $0[1] },
    Refusal(
      "elementwise operands that are not broadcast", [[2, 3], [3]],
      .shapesDiffer([2, 3], [3]),
      "subtract: the operands' shapes differ: [2, 3] and [3]; operand 0 float32[2, 3]; "
        + "operand 1 float32[3]"
    ) { try Subtract().outputs(of: $0) },
    Refusal(
      "a missing operand", [[2]], .operandCount(expected: 2, actual: 1),
      "add: takes 2 operands, got 1"
    ) { try Add().outputs(of: $0) },
    Refusal(
      "a real function of integers", types: [TensorType([2], .int64)],
      .dataType(expected: "real numbers", actual: .int64),
      "exponential: expects real numbers, got int64"
    ) { try $0[0].exponential() },
    Refusal(
      "arithmetic with truth values", types: [TensorType([2], .bool), TensorType([2], .bool)],
      .dataType(expected: "numbers", actual: .bool), "add: expects numbers, got bool"
    ) { try $0[0] + $0[1] },
    Refusal(
      "a condition that is no truth value", [[2], [2], [2]],
      .dataType(expected: "bool", actual: .float32),
      "select: expects bool, got float32; condition float32[2]"
    ) { try Node.select($0[0], $0[1], $0[2]) },
    Refusal(
      "logic of numbers", [[2], [2]], .dataType(expected: "bool", actual: .float32),
      "logicalAnd: expects bool, got float32; operand float32[2]"
    ) { try $0[0].and($0[1]) },
    Refusal(
      "bounds in the wrong order", [[2]],
      .setting("the lower bound 2.0 is not at most the upper bound 1.0"),
      "clip: the lower bound 2.0 is not at most the upper bound 1.0"
    ) { try $0[0].clipped(lower: 2, upper: 1) },
    Refusal(
      "a fraction beside integers", types: [TensorType([2], .int32)],
      .setting("0.5 is no number of type int32"), "constant: 0.5 is no number of type int32"
    ) { try $0[0] + 0.5 },
  ]

  static let shaping: [Refusal] = [
    Refusal(
      "a broadcast that drops elements", [[2, 3]], .cannotBroadcast([2, 3], to: [3]),
      "broadcast: shape [2, 3] does not broadcast to [3]"
    ) { try $0[0].broadcast(to: [3]) },
    Refusal(
      "a reshape to another count", [[2, 3]], .countsDiffer([2, 3], [7]),
      "reshape: [2, 3] has 6 elements, [7] has 7"
    ) { try $0[0].reshaped(to: [7]) },
    Refusal(
      "an axis that is not there", [[2, 3]], .axisOutOfRange(axis: 4, rank: 3),
      "expandingAxis: axis 4 is outside 0..<3"
    ) { try $0[0].expandingAxis(4) },
    Refusal(
      "an axis that is not 1", [[2, 3]], .setting("axis 1 has extent 3, expected 1"),
      "removingAxis: axis 1 has extent 3, expected 1; input float32[2, 3]"
    ) { try $0[0].removingAxis(-1) },
    Refusal(
      "no permutation", [[2, 3]], .setting("[0, 0] is no order of the axes 0..<2"),
      "transpose: [0, 0] is no order of the axes 0..<2; input float32[2, 3]"
    ) { try $0[0].transposed([0, 0]) },
    Refusal(
      "a slice beyond the end", [[2, 3]], .setting("1..<4 by 1 is no part of axis 1"),
      "slice: 1..<4 by 1 is no part of axis 1; input float32[2, 3]"
    ) { try $0[0].sliced(alongAxis: 1, from: 1, to: 4) },
    Refusal(
      "a step of zero", [[2, 3]], .setting("0..<2 by 0 is no part of axis 0"),
      "slice: 0..<2 by 0 is no part of axis 0; input float32[2, 3]"
    ) { try $0[0].sliced(alongAxis: 0, by: 0) },
    Refusal(
      "a slice of too few axes", [[2, 3]],
      .setting("needs a start, an end and a step for each of 2 axes, got 1, 1 and 2"),
      "slice: needs a start, an end and a step for each of 2 axes, got 1, 1 and 2"
    ) { try $0[0].sliced(from: [0], to: [2]) },
    Refusal(
      "negative padding", [[2]], .setting("amounts must be counts, got -1 and 0 on axis 0"),
      "pad: amounts must be counts, got -1 and 0 on axis 0"
    ) { try $0[0].padded(before: [-1], after: [0]) },
    Refusal(
      "padding beyond all memory", [[2, 1 << 20]],
      .setting("a result of extents [18014398509481986, 1048576] has too many elements"),
      "pad: a result of extents [18014398509481986, 1048576] has too many elements"
    ) { try $0[0].padded(before: [1 << 54, 0], after: [0, 0]) },
    Refusal(
      "nothing to concatenate", [Shape](), .setting("needs at least one operand"),
      "concatenate: needs at least one operand"
    ) { try Node.concatenated($0, alongAxis: 0) },
    Refusal(
      "concatenated shapes that differ", [[2, 3], [2, 4]], .shapesDiffer([2, 3], [2, 4]),
      "concatenate: the operands' shapes differ: [2, 3] and [2, 4]; first float32[2, 3]; "
        + "other float32[2, 4]"
    ) { try Node.concatenated($0, alongAxis: 0) },
    Refusal(
      "long shapes that differ", [[1 << 58, 1], [1, 1 << 30]],
      .shapesDiffer([1 << 58, 1], [1, 1 << 30]),
      "concatenate: the operands' shapes differ: [288230376151711744, 1] and [1, 1073741824]; "
        + "first float32[288230376151711744, 1]; other float32[1, 1073741824]"
    ) { try Node.concatenated($0, alongAxis: 0) },
    Refusal(
      "more in a row than there can be", [[1 << 58], [1 << 58]],
      .setting("a result of extents [576460752303423488] has too many elements"),
      "concatenate: a result of extents [576460752303423488] has too many elements"
    ) { try Node.concatenated($0, alongAxis: 0) },
    Refusal(
      "parts that do not fill an axis", [[5]],
      .setting("parts of [2, 2] do not fill the extent 5 of axis 0"),
      "split: parts of [2, 2] do not fill the extent 5 of axis 0"
    ) { try $0[0].split(into: [2, 2], alongAxis: 0) },
    Refusal(
      "parts that are not equal", [[5]], .setting("the extent 5 has no 2 equal parts"),
      "split: the extent 5 has no 2 equal parts; input float32[5]"
    ) { try $0[0].split(into: 2, alongAxis: 0) },
    Refusal(
      "an axis given twice", [[2, 3]], .setting("axis -1 is given twice"),
      "reverse: axis -1 is given twice"
    ) { try $0[0].reversed(alongAxes: [1, -1]) },
  ]

  static let indexing: [Refusal] = [
    Refusal(
      "indices that are not whole", [[4, 2], [3]],
      .dataType(expected: "whole numbers", actual: .float32),
      "gather: expects whole numbers, got float32; indices float32[3]"
    ) { try $0[0].gathering($0[1]) },
    Refusal(
      "a table without rows", types: [TensorType([]), TensorType([3], .int32)],
      .rank(expected: "at least 1", actual: 0),
      "gather: expects at least 1 axes, got 0; table float32[] (row, …)"
    ) { try $0[0].gathering($0[1]) },
    Refusal(
      "updates that do not match indices", types: [TensorType([3], .int32), TensorType([4, 2])],
      .shapesDiffer([3], [4, 2]),
      "scatterAdd: the operands' shapes differ: [3] and [4, 2]; indices int32[3]; "
        + "updates float32[4, 2] (the axes of the indices, then of a row)"
    ) { try $0[1].scatterAdded(at: $0[0], count: 5) },
    Refusal(
      "a negative depth", types: [TensorType([3], .int32)],
      .setting("the depth must be a count, got -1"), "oneHot: the depth must be a count, got -1"
    ) { try $0[0].oneHot(depth: -1) },
  ]

  static let reducing: [Refusal] = [
    Refusal(
      "a reduction over an axis that is not there", [[2, 3]], .axisOutOfRange(axis: 2, rank: 2),
      "reduction: axis 2 is outside 0..<2"
    ) { try $0[0].sum(overAxes: [2]) },
    Refusal(
      "the maximum of nothing", [[2, 0]],
      .setting("axis 1 has no elements and so no maximum"),
      "reduction: axis 1 has no elements and so no maximum; input float32[2, 0]"
    ) { try $0[0].max(overAxes: [1]) },
    Refusal(
      "the mean of integers", types: [TensorType([2], .int32)],
      .dataType(expected: "real numbers", actual: .int32),
      "reduction: expects real numbers, got int32"
    ) { try $0[0].mean() },
    Refusal(
      "the largest of nothing", [[2, 0]],
      .setting("axis 1 has no elements and so no maximum"),
      "argMax: axis 1 has no elements and so no maximum; input float32[2, 0]"
    ) { try $0[0].argMax() },
  ]
}
