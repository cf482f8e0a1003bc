import ApusTensors

/// Everything a run needs to go on as if it had never stopped.
public struct Checkpoint: Sendable {
  /// Steps done.
  public var step: Int
  /// Epochs done.
  public var epoch: Int
  /// Steps done in the epoch after those.
  public var stepInEpoch: Int
  /// The seed of the run: with epoch and step it gives the order of the data and the random keys.
  public var seed: UInt64
  /// What the application says of its settings; a run goes on only where it is the same.
  public var settingsDigest: String
  /// The loss and the metrics since the epoch began.
  public var means: RunningMeans
  var earlyStopping: EarlyStopping.State
  /// What the application keeps with the checkpoint, such as how far its files were written.
  public var note: [String: String]
  /// Weights, running statistics, the optimizer's slots and averages, by name.
  public var tensors: [(name: String, tensor: Tensor)]
}

/// Why a checkpoint could not be used.
public enum CheckpointError: Error, Sendable, Hashable {
  /// The folder holds none.
  case missing(folder: String)
  /// The system refuses to read a file, which may be whole.
  case cannotRead(path: String, reason: String)
  /// A file is not what was written.
  case damaged(path: String, reason: String)
  /// A file of a later version.
  case newerFormat(path: String, format: Int, readable: Int)
  /// A whole checkpoint, but not of this run.
  case differs(path: String, what: String)
  case cannotWrite(path: String, reason: String)
}

extension CheckpointError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing(let folder): "\(folder) holds no checkpoint (last.safetensors)"
    case .cannotRead(let path, let reason): "cannot read the checkpoint \(path): \(reason)"
    case .damaged(let path, let reason): "the checkpoint \(path) is damaged: \(reason)"
    case .newerFormat(let path, let format, let readable):
      "the checkpoint \(path) has format \(format), this version reads formats up to \(readable)"
    case .differs(let path, let what): "the checkpoint \(path) is of another run: \(what)"
    case .cannotWrite(let path, let reason): "cannot write the checkpoint \(path): \(reason)"
    }
  }
}
