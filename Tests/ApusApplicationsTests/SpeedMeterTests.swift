import ApusApplications
import Testing

@Suite struct SpeedMeterTests {
  @Test func knowsNothingBeforeTheSecondStep() {
    var meter = SpeedMeter()
    #expect(meter.examplesPerSecond == nil)
    meter.add(step: 1, examples: 8, seconds: 1)
    #expect(meter.examplesPerSecond == nil)
    #expect(meter.seconds(forSteps: 1) == nil)
  }

  @Test func dividesBetweenItsMarks() {
    var meter = SpeedMeter()
    for step in 1...4 { meter.add(step: step, examples: 8 * step, seconds: Double(step) * 2) }
    #expect(meter.examplesPerSecond == 4)
    #expect(meter.seconds(forSteps: 5) == 10)
  }

  @Test func forgetsHowFastItWas() {
    var meter = SpeedMeter(window: 10)
    for step in 1...5 { meter.add(step: step, examples: step, seconds: Double(step) * 100) }
    for step in 6...40 { meter.add(step: step, examples: step, seconds: 500 + Double(step - 5)) }
    #expect(meter.examplesPerSecond == 1)
  }

  @Test func survivesAClockThatStands() {
    var meter = SpeedMeter()
    for step in 1...3 { meter.add(step: step, examples: step, seconds: 5) }
    #expect(meter.examplesPerSecond == nil)
  }
}
