import ApusEngine

extension Profile {
  /// The time since an earlier profile of the same program.
  func since(_ earlier: Profile) -> Profile {
    var profile = self
    profile.runs -= earlier.runs
    for (index, operation) in earlier.operations.enumerated() {
      profile.operations[index].seconds -= operation.seconds
    }
    return profile
  }

  /// Each operation, and what the machine can do at best, as `apus benchmark --json` prints them.
  func json(beside roofline: Roofline) -> [String: JSON] {
    [
      "peakOperationsPerSecond": .number(roofline.operationsPerSecond),
      "peakBytesPerSecond": .number(roofline.bytesPerSecond),
      "arenaBytes": .integer(arenaByteCount),
      "operations": .array(
        operations.filter { !$0.isSteady }.map { operation in
          [
            "name": .string(operation.name), "implementation": .string(operation.implementation),
            "milliseconds": .number(operation.seconds * 1e3 / Double(max(1, runs))),
            "flops": .integer(operation.operationCount), "bytes": .integer(operation.byteCount),
            "outputs": .array(operation.outputs.map { .string($0.description) }),
          ]
        }),
    ]
  }
}
