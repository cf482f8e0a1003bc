import Testing

/// What a training step of `fashion` allocates after the first one.
@Suite struct AllocationTests {
  private struct Counts: Decodable {
    let own: [Int]
    let oneDNN: [Int]
    let oneDNNVersion: String
  }

  private struct Allocations: Codable {
    /// Of a step by the engine and all it calls but oneDNN.
    let own: Int
    /// Of a step by oneDNN.
    let oneDNN: Int
    let oneDNNVersion: String
  }

  /// The steps of the defaults, with pairs and a climb, and those of `--augment erase --sharpness 0`.
  @Test(arguments: ["default", "plain"])
  func stepAllocatesWhatTheThresholdSays(settings: String) throws {
    let result = try StepProbe.run([StepProbe.path, "allocations", settings])
    #expect(result.code == 0, "\(result.error)")
    let counts = try result.decoded(as: Counts.self)
    let expected = try Threshold<Allocations>(name: "allocations").expected(
      recording: Allocations(
        own: counts.own.max() ?? 0, oneDNN: counts.oneDNN.max() ?? 0,
        oneDNNVersion: counts.oneDNNVersion))
    #expect(counts.own == Array(repeating: expected.own, count: 4))
    // Which implementations oneDNN chooses, and so what it allocates, differs between versions.
    guard counts.oneDNNVersion == expected.oneDNNVersion else { return }
    #expect(counts.oneDNN == Array(repeating: expected.oneDNN, count: 4))
  }
}
