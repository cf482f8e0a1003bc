import ApusApplications
import ApusTensors
import Testing

@Suite struct GANHealthTests {
  private func lines(_ distances: [Double]) -> [MetricsLine] {
    distances.enumerated().map { index, distance in
      var line = MetricsLine(
        kind: .steps, epoch: 1, step: 100 * (index + 1), loss: 0, learningRate: 1e-4, seconds: 1)
      line.distance = distance
      return line
    }
  }

  @Test func saysNothingWhereNothingIsWrong() {
    #expect(
      GANHealth.findings(lines: lines([0.001, 0.001, 5, 3, 2, 1]), variances: [1e-6, 0.05]) == [])
    #expect(GANHealth.findings(lines: lines([0, 0, 0, 0]), variances: [1e-9]) == [])
  }

  @Test func saysThatTheDistanceIsFlat() {
    let findings = GANHealth.findings(
      lines: lines([3, 0.001, -0.002, 0, 0.001, 0.003]), variances: [])
    #expect(findings.count == 1)
    #expect(findings.first?.contains("does not tell generated from real images") == true)
  }

  @Test func saysThatTrainingDiverges() {
    let findings = GANHealth.findings(lines: lines([3, -20_000]), variances: [])
    #expect(findings.count == 1)
    #expect(findings.first?.hasPrefix("training diverges: ") == true)
  }

  @Test func saysThatTheGeneratorHasCollapsed() {
    let findings = GANHealth.findings(lines: [], variances: [0.05, 1e-6, 1e-5])
    #expect(findings.count == 1)
    #expect(findings.first?.hasPrefix("the generator has collapsed") == true)
  }

  @Test func varianceIsThatOfPixelsOverPictures() {
    let two = Tensor([0, 255, 255, 255] as [UInt8], shape: [2, 2, 1, 1])
    #expect(abs(GANHealth.variance(of: two) - 0.125) < 1e-12)  // ¼ and 0
  }
}
