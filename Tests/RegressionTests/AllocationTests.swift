import Testing

/// What steps of `fashion`, the GAN and LSTMs, and predictions, allocate after the first one.
@Suite(.serialized) struct AllocationTests {
  private struct Counts: Decodable {
    /// Of each step by the engine and all it calls but oneDNN.
    let own: [Int]
    let oneDNN: [Int]
    let instructionSet, oneDNNVersion: String
  }

  private struct Allocations: Codable {
    /// Of a step by oneDNN.
    let oneDNN: Int
    let instructionSet, oneDNNVersion: String
  }

  @Test(arguments: ["default", "plain", "bfloat16", "gan", "lstm", "forward"])
  func stepAllocatesWhatTheThresholdSays(name: String) throws {
    let counts = try count(name)
    try expectThreshold(of: name, counts)
    guard counts.instructionSet == "avx512" else { return }
    // Where these instructions are slow they are not the default.
    try expectThreshold(of: name, count(name, environment: ["APUS_ISA": "avx512bf16"]))
  }

  private func expectThreshold(of name: String, _ counts: Counts) throws {
    let threshold = Threshold<[String: Allocations]>(name: "allocations")
    var recorded = (try? threshold.stored) ?? [:]
    recorded[name] = Allocations(
      oneDNN: counts.oneDNN.max() ?? 0, instructionSet: counts.instructionSet,
      oneDNNVersion: counts.oneDNNVersion)
    let expected = try #require(threshold.expected(recording: recorded)[name])
    #expect(counts.own == [0, 0, 0, 0])
    // oneDNN allocates nothing where it is not asked; what it takes for products of the GAN and of
    // predictions depends on the implementations that it chooses, so on its version and the processor.
    guard counts.oneDNNVersion == expected.oneDNNVersion,
      counts.instructionSet == expected.instructionSet || expected.oneDNN == 0
    else {
      try Test.cancel("oneDNN's own allocations were counted with another version or processor")
    }
    #expect(counts.oneDNN == Array(repeating: expected.oneDNN, count: 4))
  }

  private func count(_ name: String, environment: [String: String] = [:]) throws -> Counts {
    let result = try StepProbe.run(
      [StepProbe.path, "allocations", name], environment: environment)
    #expect(result.code == 0, "\(result.error)")
    return try result.decoded(as: Counts.self)
  }
}
