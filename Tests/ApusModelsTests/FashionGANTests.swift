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

  @Test(arguments: [1, 11])
  func convolutionalNetworksGiveNumbersAndPictures(channels: Int) throws {
    let critics: [any Layer] = [
      DCGANCritic(width: 4), DCGANCritic(width: 4, normalizesBatches: false),
      ResidualCritic(width: 4),
    ]
    for critic in critics {
      let found = try shapes(Sequential([critic]), [3, 28, 28, channels])
      #expect(found.output == [3, 1])
    }
    let generators: [any Layer] = [DCGANGenerator(width: 4), ResidualGenerator(width: 4)]
    for generator in generators {
      let found = try shapes(Sequential([generator]), [3, 63 + channels])
      #expect(found.output == [3, 28, 28, 1])
    }
  }

  @Test func onlyTheCriticOfDCGANLooksAtOtherPictures() throws {
    for (normalizes, count) in [(true, 10), (false, 6)] {
      let critic = DCGANCritic(width: 4, normalizesBatches: normalizes)
      #expect(try shapes(critic, [3, 28, 28, 1]).parameters.count == count)
    }
  }
}
