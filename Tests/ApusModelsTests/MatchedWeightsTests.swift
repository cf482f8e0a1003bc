import ApusGraph
import ApusLayers
import ApusModels
import ApusTensors
import Testing

@Suite struct MatchedWeightsTests {
  let registry = ParameterRegistry()
  let good = [
    "fc/kernel": Tensor(zeros: TensorType([2, 3])), "fc/bias": Tensor([Float(1), 2, 3]),
  ]

  init() throws {
    let model = Dense(3).named("fc")
    _ = try trace(model, input: TensorType([1, 2]), for: .inference, registry: registry)
  }

  private func sentence(_ tensors: [String: Tensor]) -> String? {
    #expect(throws: WeightsError.self) { try matchedWeights(tensors, to: registry.variables) }?
      .description
  }

  @Test func allMatch() throws {
    let matched = try matchedWeights(good, to: registry.variables)
    #expect(matched.map(\.variable.name) == ["fc/kernel", "fc/bias"])
    #expect(matched[1].value.doubles == [1, 2, 3])
  }

  @Test func missingOnesAreNamed() {
    #expect(
      sentence(good.filter { $0.key != "fc/bias" })
        == "the weights lack fc/bias, which the model has")
  }

  @Test func extraOnesAreNamed() {
    var tensors = good
    for number in 1...5 { tensors["extra\(number)"] = Tensor(Float(0)) }
    #expect(
      sentence(tensors)
        == "the weights have extra1, extra2, extra3 and 2 more, which the model lacks")
  }

  @Test func shapesAndTypesMustBeTheModels() {
    var tensors = good
    tensors["fc/kernel"] = Tensor(zeros: TensorType([3, 2]))
    #expect(sentence(tensors) == "fc/kernel is float32[3, 2], the model expects float32[2, 3]")
    tensors["fc/kernel"] = Tensor(zeros: TensorType([2, 3], .float64))
    #expect(sentence(tensors) == "fc/kernel is float64[2, 3], the model expects float32[2, 3]")
  }
}
