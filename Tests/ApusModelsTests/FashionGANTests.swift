import ApusGraph
import ApusLayers
import ApusModels
import ApusTensors
import Testing

@Suite struct FashionGANTests {
  private func shapes(
    _ model: some Layer, _ input: Shape
  ) throws -> (output: Shape, parameters: [Shape]) {
    let registry = ParameterRegistry()
    let traced = try trace(model, input: TensorType(input), for: .inference, registry: registry)
    return (traced.output.shape, registry.variables.map(\.type.shape))
  }

  @Test func criticGivesOneNumberForAPicture() throws {
    let found = try shapes(FashionCritic(), [7, 784])
    #expect(found.output == [7, 1])
    #expect(found.parameters == [[784, 128], [128], [128, 32], [32], [32, 1], [1]])
  }

  @Test func generatorGivesAPictureForNoise() throws {
    let found = try shapes(FashionGenerator(), [7, FashionGenerator.noiseSize])
    #expect(found.output == [7, 784])
    #expect(found.parameters == [[10, 32], [32], [32, 128], [128], [128, 784], [784]])
  }
}
