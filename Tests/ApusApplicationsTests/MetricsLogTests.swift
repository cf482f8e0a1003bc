import ApusApplications
import Testing

@Suite struct MetricsLogTests {
  let temporary = TemporaryFolder()

  private func line(_ step: Int) -> MetricsLine {
    MetricsLine(
      kind: .steps, epoch: Double(step) / 10, step: step, loss: 1 / Double(step),
      learningRate: 0.001, seconds: Double(step))
  }

  @Test func keepsWhatTheCheckpointCovers() throws {
    let folder = try RunFolder.make(recipe: "fashion", output: temporary("run")).folder
    let log = try MetricsLog(folder, through: 0)
    try log.begin()
    for step in 1...5 { try log.append(line(step)) }
    #expect(try MetricsLog.lines(of: folder) == (1...5).map(line))
    let resumed = try MetricsLog(folder, through: 3)
    #expect(resumed.lines == (1...3).map(line))
    #expect(try MetricsLog.lines(of: folder) == (1...5).map(line), "nothing is written yet")
    try resumed.begin()
    try resumed.append(line(4))
    #expect(try MetricsLog.lines(of: folder) == (1...4).map(line))
  }

  @Test func dropsALineThatAKillToreAndOneThatCannotBeDrawn() throws {
    let folder = try RunFolder.make(recipe: "fashion", output: temporary("run")).folder
    let log = try MetricsLog(folder, through: 0)
    try log.begin()
    try log.append(line(1))
    let text = try String(
      decoding: RunFolder.bytes(of: folder.metricsFile, limit: 1000), as: UTF8.self)
    let extreme = text.replacing("\"loss\":1", with: "\"loss\":1e308")
    #expect(extreme != text)
    let early = text.replacing("\"step\":1", with: "\"step\":-9223372036854775808")
    #expect(early != text)
    temporary.write(text + extreme + early + #"{"kind":"steps","epo"#, to: "run/metrics.jsonl")
    let resumed = try MetricsLog(folder, through: 9)
    #expect(resumed.lines == [line(1)])
    try resumed.begin()
    #expect(
      try String(decoding: RunFolder.bytes(of: folder.metricsFile, limit: 1000), as: UTF8.self)
        == text)
  }
}
