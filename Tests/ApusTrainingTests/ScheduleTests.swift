import ApusTensors
import ApusTraining
import Testing

@Suite struct ScheduleTests {
  /// Step by step as PyTorch 2.13 gives them (`Tests/Golden/training.py`).
  @Test(
    arguments: [
      ("one_cycle", OneCycleSchedule(peak: 0.4, steps: 100)),
      (
        "one_cycle_other",
        OneCycleSchedule(peak: 0.01, steps: 37, rise: 0.25, initialDivisor: 10, finalDivisor: 100)
      ),
      ("cosine", CosineSchedule(0.1, to: 0.001, steps: 50)),
      ("step", StepSchedule(0.1, factor: 0.5, every: 7)),
    ] as [(String, any LearningRateSchedule)])
  func likePyTorch(_ name: String, _ schedule: any LearningRateSchedule) throws {
    let expected = try #require(golden("training.safetensors")["schedule/\(name)"]).doubles
    #expect(expected.count >= 30)
    for (step, number) in expected.enumerated() {
      let found = schedule.learningRate(atStep: step)
      #expect(abs(found - number) < 1e-12 * 0.4 + 1e-9 * number, "step \(step)")
    }
  }

  @Test func oneCycleStaysAtItsEnd() {
    let schedule = OneCycleSchedule(peak: 1, steps: 10)
    #expect(schedule.learningRate(atStep: 50) == schedule.learningRate(atStep: 9))
    for steps in 1...5 {
      for step in 0..<steps {
        let rate = OneCycleSchedule(peak: 1, steps: steps).learningRate(atStep: step)
        #expect(rate > 0 && rate <= 1)
      }
    }
  }

  @Test func warmUpRisesToTheFirstRate() {
    let schedule = WarmUp(steps: 4, before: StepSchedule(1, factor: 0.5, every: 2))
    let rates = (0..<9).map(schedule.learningRate(atStep:))
    #expect(rates == [0.2, 0.4, 0.6, 0.8, 1, 1, 0.5, 0.5, 0.25])
    #expect(ConstantSchedule(0.3).learningRate(atStep: 1_000_000) == 0.3)
  }
}
