import ApusNumerics
import Glibc
import Testing

@Suite struct DormandPrinceTests {
  /// A turning pointer, `y = (cos t, sin t)`.
  private func turn(_ time: Double, _ y: [Double], _ slopes: inout [Double]) {
    slopes[0] = -y[1]
    slopes[1] = y[0]
  }

  @Test func followsAPointer() {
    var integration = DormandPrince([1, 0], absoluteTolerance: 1e-11)
    while integration.time < 10 {
      guard integration.step(to: 10, turn) else { break }
      let middle = (integration.lastTime + integration.time) / 2
      #expect(abs(integration.value(0, at: middle) - cos(middle)) < 1e-8)
      #expect(
        abs(integration.value(1, at: integration.lastTime) - sin(integration.lastTime)) < 1e-9)
    }
    #expect(integration.time == 10)
    #expect(abs(integration.values[0] - cos(10)) < 1e-9)
    #expect(abs(integration.values[1] - sin(10)) < 1e-9)
  }

  /// Halving a step divides the error of the values in its middle by about 2⁵.
  @Test func valuesBetweenAreOfFourthOrder() {
    func error(_ length: Double) -> Double {
      // The first step is short; each may be five times the one before.
      var integration = DormandPrince([1, 0], absoluteTolerance: 1e3)
      var end = 0.0
      for share in [0.01, 0.03, 0.1, 0.3, 1] {
        end = share * length
        while integration.time < end { _ = integration.step(to: end, turn) }
      }
      let middle = (integration.lastTime + end) / 2
      return abs(integration.value(0, at: middle) - cos(middle))
    }
    let ratio = error(1.6) / error(0.8)
    #expect(ratio > 12 && ratio < 100)
  }

  @Test func readsTheTimeAndGoesOnFromElsewhere() {
    var integration = DormandPrince([0], absoluteTolerance: 1e-12, relativeTolerance: 1e-12)
    while integration.time < 2 {
      let isDone = integration.step(to: 2) { time, _, slopes in slopes[0] = 3 * time * time }
      guard isDone else { break }
    }
    #expect(abs(integration.values[0] - 8) < 1e-10)
    integration.restart(from: [1], at: 0)
    while integration.time < 1 {
      let isDone = integration.step(to: 1) { _, y, slopes in slopes[0] = -y[0] }
      guard isDone else { break }
    }
    #expect(abs(integration.values[0] - exp(-1)) < 1e-10)
  }

  @Test func saysWhereItCannotGoOn() {
    // 1/(1 − t) has no value at 1.
    var integration = DormandPrince([1], absoluteTolerance: 1e-9)
    var isDone = true
    while isDone, integration.time < 2 {
      isDone = integration.step(to: 2) { _, y, slopes in slopes[0] = y[0] * y[0] }
    }
    #expect(!isDone)
    #expect(integration.time < 1.001)
  }

  @Test func passesErrorsOn() {
    struct Fault: Error {}
    var integration = DormandPrince([1], absoluteTolerance: 1e-9)
    var isPassedOn = false
    do throws(Fault) {
      _ = try integration.step(to: 1) { _, _, _ throws(Fault) in throw Fault() }
    } catch {
      isPassedOn = true
    }
    #expect(isPassedOn)
  }
}
