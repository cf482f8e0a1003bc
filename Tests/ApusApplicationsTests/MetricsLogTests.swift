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
    for step in 1...5 { try log.append(line(step)) }
    #expect(try MetricsLog.lines(of: folder) == (1...5).map(line))
    let resumed = try MetricsLog(folder, through: 3)
    #expect(resumed.lines == (1...3).map(line))
    try resumed.append(line(4))
    #expect(try MetricsLog.lines(of: folder) == (1...4).map(line))
  }

  @Test func dropsALineThatAKillTore() throws {
    let folder = try RunFolder.make(recipe: "fashion", output: temporary("run")).folder
    let log = try MetricsLog(folder, through: 0)
    try log.append(line(1))
    let text = try String(
      decoding: RunFolder.bytes(of: folder.metricsFile, limit: 1000), as: UTF8.self)
    temporary.write(text + #"{"kind":"steps","epo"#, to: "run/metrics.jsonl")
    #expect(try MetricsLog(folder, through: 9).lines == [line(1)])
    #expect(
      try String(decoding: RunFolder.bytes(of: folder.metricsFile, limit: 1000), as: UTF8.self)
        == text)
  }
}
