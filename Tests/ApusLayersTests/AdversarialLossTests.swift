import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import Glibc
import Testing

/// The losses of `Documentation/GAN.md` by hand, on three real scores and four generated ones.
@Suite struct AdversarialLossTests {
  private let real = [2, -0.5, 0.25]
  private let fake = [-1.5, 0.75, 3, 0.25]

  /// What the critic and the generator minimize, and how far apart the scores are.
  private struct Values {
    let critic: Double
    let generator: Double
    let distance: Double

    init(_ loss: AdversarialLoss, real: [Double], fake: [Double]) throws {
      let function = Function(options: .reference) { inputs in
        let critic = try loss.critic(real: inputs[0], fake: inputs[1])
        let generator = try loss.generator(fake: inputs[1])
        return [critic, generator, try loss.distance(real: inputs[0], fake: inputs[1])]
      }
      let found = try function(Self.column(real), Self.column(fake))
      #expect(found.allSatisfy { $0.shape == [] })
      critic = found[0].doubles[0]
      generator = found[1].doubles[0]
      distance = found[2].doubles[0]
    }

    private static func column(_ scores: [Double]) -> Tensor {
      Tensor(scores.map { Float($0) }, shape: [scores.count, 1])
    }
  }

  private func mean(_ scores: [Double], _ cost: (Double) -> Double) -> Double {
    var sum = 0.0
    for score in scores { sum += cost(score) }
    return sum / Double(scores.count)
  }

  private func expect(
    _ loss: AdversarialLoss, critic: Double, generator: Double, distance: Double
  ) throws {
    let found = try Values(loss, real: real, fake: fake)
    #expect(abs(found.critic - critic) < 1e-6, "critic")
    #expect(abs(found.generator - generator) < 1e-6, "generator")
    #expect(abs(found.distance - distance) < 1e-6, "distance")
  }

  /// Means of 7/12 and 5/8.
  private let apart = 7.0 / 12 - 5.0 / 8

  @Test func wasserstein() throws {
    // Generated examples are to score higher than real ones, so the distance has the other sign.
    try expect(.wasserstein, critic: apart, generator: 5.0 / 8, distance: -apart)
  }

  @Test func vanilla() throws {
    func sigmoid(_ score: Double) -> Double { 1 / (1 + exp(-score)) }
    let critic = mean(real) { -log(sigmoid($0)) } + mean(fake) { -log(1 - sigmoid($0)) }
    let generator = mean(fake) { -log(sigmoid($0)) }
    try expect(.vanilla, critic: critic, generator: generator, distance: apart)
  }

  @Test func hinge() throws {
    // max(1 − r, 0) is 0, 1.5, 0.75; max(1 + f, 0) is 0, 1.75, 4, 1.25.
    try expect(.hinge, critic: 2.25 / 3 + 7.0 / 4, generator: -5.0 / 8, distance: apart)
  }

  @Test func leastSquares() throws {
    // (r − 1)² is 1, 2.25, 0.5625; f² is 2.25, 0.5625, 9, 0.0625; (f − 1)² is 6.25, 0.0625, 4, 0.5625.
    let critic = (3.8125 / 3 + 11.875 / 4) / 2
    try expect(.leastSquares, critic: critic, generator: 10.875 / 8, distance: apart)
  }

  @Test func vanillaIsStable() throws {
    let wrong = try Values(.vanilla, real: [-200], fake: [200])
    #expect(abs(wrong.critic - 400) < 1e-4)
    #expect(wrong.generator < 1e-6)
    let right = try Values(.vanilla, real: [200], fake: [-200])
    #expect(right.critic < 1e-6)
    #expect(abs(right.generator - 200) < 1e-4)
  }

  /// The critic is to tell real from generated, the generator to please it: each step lowers its own loss.
  @Test(arguments: [.wasserstein, .vanilla, .hinge, .leastSquares] as [AdversarialLoss])
  func networksPullTheScoresApart(loss: AdversarialLoss) throws {
    let slopes = Function(options: .reference) { inputs in
      let critic = try loss.critic(real: inputs[0], fake: inputs[1])
      let generator = try loss.generator(fake: inputs[1])
      return try gradients(of: critic, with: [inputs[0], inputs[1]])
        + gradients(of: generator, with: [inputs[1]])
    }
    let scores = Tensor([0.25, 0.5] as [Float], shape: [2, 1])
    let found = try slopes(scores, scores).map(\.doubles)
    // With `wasserstein` real examples go down, with all others up.
    let sign: Double = loss == .wasserstein ? 1 : -1
    #expect(found[0].allSatisfy { $0 * sign > 0 })
    #expect(found[1].allSatisfy { $0 * sign < 0 })
    #expect(found[2].allSatisfy { $0 * sign > 0 })
  }
}
