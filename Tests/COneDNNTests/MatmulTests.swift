import COneDNN
import Testing

struct MatmulCase: Sendable, CustomTestStringConvertible {
  var batches = (1, 1)
  var rows, inner, columns: Int
  var transposes = (false, false)
  var accumulates = false
  var hasBias = false
  var hasClamp = false
  var arranges = false

  var testDescription: String {
    "\(batches) \(rows)×\(inner)×\(columns) \(transposes) \(accumulates) \(hasBias) \(hasClamp) "
      + "\(arranges)"
  }

  func description(_ operand: apus_dnn_type, _ result: apus_dnn_type) -> apus_dnn_matmul {
    var m = apus_dnn_matmul()
    (m.batch_a, m.batch_b) = (Int64(batches.0), Int64(batches.1))
    (m.rows, m.inner, m.columns) = (Int64(rows), Int64(inner), Int64(columns))
    (m.transpose_a, m.transpose_b) = transposes
    (m.operand_type, m.result_type) = (operand, result)
    m.arranges_b = arranges
    (m.accumulates, m.has_bias, m.has_clamp) = (accumulates, hasBias, hasClamp)
    (m.clamp_low, m.clamp_high) = (-0.5, 0.75)
    return m
  }

  func sums(_ a: [Double], _ b: [Double], _ bias: [Float], adding old: [Double]) -> [Sum] {
    var sums: [Sum] = []
    for batch in 0..<max(batches.0, batches.1) {
      let startA = batches.0 == 1 ? 0 : batch * rows * inner
      let startB = batches.1 == 1 ? 0 : batch * inner * columns
      for row in 0..<rows {
        for column in 0..<columns {
          var sum = Sum()
          for k in 0..<inner {
            let atA = transposes.0 ? k * rows + row : row * inner + k
            let atB = transposes.1 ? column * inner + k : k * columns + column
            sum.add(a[startA + atA] * b[startB + atB])
          }
          if hasBias { sum.add(Double(bias[column])) }
          if accumulates { sum.add(old[sums.count]) }
          if hasClamp { sum.value = min(max(sum.value, -0.5), 0.75) }
          sums.append(sum)
        }
      }
    }
    return sums
  }

  static let all: [MatmulCase] = {
    var cases: [MatmulCase] = []
    for transposes in [(false, false), (true, false), (false, true), (true, true)] {
      for (rows, inner, columns) in [(1, 1, 1), (7, 5, 3), (33, 17, 65), (1, 40, 9), (40, 1, 9)] {
        let plain = MatmulCase(
          rows: rows, inner: inner, columns: columns, transposes: transposes)
        var batched = plain
        batched.batches = (3, 3)
        var broadcast = plain
        broadcast.batches = (1, 3)
        broadcast.hasBias = true
        var folded = plain
        folded.batches = (4, 1)
        (folded.accumulates, folded.hasBias, folded.hasClamp) = (true, true, true)
        var arranged = folded
        arranged.arranges = true
        cases += [plain, batched, broadcast, folded, arranged]
      }
    }
    return cases
  }()
}

@Test(arguments: MatmulCase.all)
func matmulMatchesLoops(_ example: MatmulCase) throws {
  for (operand, resultType) in [
    (APUS_DNN_FLOAT32, APUS_DNN_FLOAT32), (APUS_DNN_BFLOAT16, APUS_DNN_FLOAT32),
    (APUS_DNN_BFLOAT16, APUS_DNN_BFLOAT16),
  ] {
    var description = example.description(operand, resultType)
    var created: OpaquePointer?
    let status = apus_dnn_matmul_create(&created, &description)
    if operand == APUS_DNN_BFLOAT16 && !apus_dnn_supports_bf16() && status != 0 { continue }
    let primitive = try #require(created, "\(String(cString: apus_dnn_status_text(status)))")
    defer { apus_dnn_destroy(primitive) }
    let batch = max(example.batches.0, example.batches.1)
    let a = StoredArray(
      count: example.batches.0 * example.rows * example.inner, type: operand, seed: 1)
    let b = StoredArray(
      count: example.batches.1 * example.inner * example.columns, type: operand, seed: 2)
    let result = StoredArray(
      count: batch * example.rows * example.columns, type: resultType, seed: 3)
    let bias = (0..<example.columns).map { Float($0 % 5) / 4 - 0.5 }
    let sums = example.sums(a.values, b.values, bias, adding: result.values)
    #expect(execute(primitive, a, b, bias, result) == 0)
    let error = largestError(of: result, against: sums)
    let name = String(cString: apus_dnn_implementation(primitive))
    #expect(error < tolerance(of: resultType), "\(name): relative error \(error)")
  }
}
