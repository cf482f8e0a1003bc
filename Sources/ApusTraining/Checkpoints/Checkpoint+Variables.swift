import ApusEngine
import ApusGraph
import ApusTensors

extension Checkpoint {
  /// Checks that the checkpoint in `path` is of a run with this seed, these settings and these metrics.
  func check(
    seed: UInt64, settingsDigest digest: String, metrics: [String], path: String
  ) throws(CheckpointError) {
    guard self.seed == seed else {
      throw .differs(path: path, what: "its seed is \(self.seed), this run's \(seed)")
    }
    guard settingsDigest == digest else {
      throw .differs(path: path, what: "its settings are others than this run's")
    }
    guard means.names == metrics else {
      throw .differs(path: path, what: "its metrics are \(means.names)")
    }
  }

  /// Gives all of `variables` their values, of which the checkpoint in `path` has neither fewer nor more.
  func set(
    _ variables: [Variable], of store: VariableStore, path: String
  ) throws(CheckpointError) {
    var values: [String: Tensor] = [:]
    for (name, tensor) in tensors { values[name] = tensor }
    for variable in variables {
      guard let value = values.removeValue(forKey: variable.name) else {
        throw .differs(path: path, what: "it lacks \(variable.name)")
      }
      guard value.type == variable.type else {
        throw .differs(
          path: path, what: "\(variable.name) is \(value.type), the model's is \(variable.type)")
      }
      store[variable] = value
    }
    if let extra = values.keys.min() {
      throw .differs(path: path, what: "the model has no \(extra)")
    }
  }
}
