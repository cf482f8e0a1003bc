import ApusTensors
import ApusTestSupport
import Testing

/// A case of `Tests/Golden/quality.safetensors`.
struct QualityCase {
  let real: Tensor
  let generated: Tensor
  let frechetDistance: Double
  let precision: Double
  let recall: Double

  init(named name: String) throws {
    let tensors = try GoldenFile.tensors("quality.safetensors")
    real = try #require(tensors["\(name)/real"])
    generated = try #require(tensors["\(name)/generated"])
    let expected = try #require(tensors["\(name)/expected"]).scalars(as: Double.self)
    (frechetDistance, precision, recall) = (expected[0], expected[1], expected[2])
  }
}
