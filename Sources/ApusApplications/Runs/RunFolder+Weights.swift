import ApusFormats
import ApusTensors
import ApusTraining

extension RunFolder {
  /// The newest format of `weights.safetensors` that is read, and the one that is written.
  private static let weightsFormat = 1

  /// Writes what a run of `recipe` learnt.
  func write(_ weights: [(name: String, tensor: Tensor)], of recipe: String) throws {
    try Safetensors.write(
      weights,
      metadata: [
        "format": "\(RunFolder.weightsFormat)", "recipe": recipe,
        "checksum": "\(Checksum.of(weights))",
      ],
      to: weightsFile)
  }

  /// The weights of a finished run of `recipe` by name.
  ///
  /// - Throws: ``RunError`` where there are none or they are of a newer format; `FormatError`.
  func weights(of recipe: String) throws -> [String: Tensor] {
    guard hasWeights else {
      let record = try record(of: recipe)
      guard record.status == .finished else {
        throw RunError.unfinished(path: path, recipe: recipe, failure: record.failure)
      }
      throw RunError.damaged(
        file: weightsFile,
        reason: "is missing; apus train \(recipe) --resume \(path.shellQuoted) writes it anew")
    }
    let contents = try Safetensors.read(weightsFile)
    guard let format = contents.metadata["format"].flatMap({ Int($0) }), format >= 1 else {
      throw RunError.damaged(
        file: weightsFile, reason: "expected weights of format 1, found no format number")
    }
    guard format <= RunFolder.weightsFormat else {
      throw RunError.newerFormat(file: weightsFile, format: format)
    }
    for (name, tensor) in contents.tensors where !tensor.isFinite {
      throw RunError.damaged(
        file: weightsFile, reason: "expected finite numbers, found others in \(name.excerpt)")
    }
    for (name, tensor) in contents.tensors
    where name.hasSuffix("/moving_variance") && tensor.dataType == .float32 {
      guard let least = tensor.scalars(as: Float.self).min(), least < 0 else { continue }
      throw RunError.damaged(
        file: weightsFile, reason: "expected variances from 0, found \(least) in \(name.excerpt)")
    }
    // Files of earlier versions have none.
    if let checksum = contents.metadata["checksum"], checksum != "\(Checksum.of(contents.tensors))"
    {
      throw RunError.damaged(
        file: weightsFile, reason: "its checksum differs from that of what it holds")
    }
    return Dictionary(contents.tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
  }

  /// Checks numbers that the weights gave.
  ///
  /// - Throws: ``RunError/damaged(file:reason:)`` where one is not finite.
  func checkFinite(_ results: some Sequence<Double>) throws(RunError) {
    guard let bad = results.first(where: { !$0.isFinite }) else { return }
    throw .damaged(
      file: weightsFile, reason: "its weights give \(bad.isNaN ? "NaN" : "\(bad)") for a picture")
  }

  /// Checks float32 values that the weights gave.
  func checkFinite(_ values: Tensor) throws(RunError) {
    guard !values.isFinite else { return }
    throw .damaged(file: weightsFile, reason: "its weights give what is no number")
  }

  /// What to tell where ``checkpoint(of:)`` finds none.
  static let beginningAnew = "there was no checkpoint yet: the run begins anew"

  /// The newest whole checkpoint; nil where the run was killed before its first one, so that it begins anew.
  func checkpoint(of record: RunRecord) throws(CheckpointError) -> Checkpoint? {
    do {
      return try CheckpointFolder(checkpointFolder).load().checkpoint
    } catch {
      if case .missing = error, record.progress.steps == 0 { return nil }
      throw error
    }
  }
}
