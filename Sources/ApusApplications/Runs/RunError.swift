import ApusFormats
import ApusNumerics

/// Why a run cannot be made, read, resumed or used.
public enum RunError: Error, Sendable, Hashable {
  /// There is no folder at the path.
  case missing(path: String)
  /// At the path is a file.
  case file(path: String)
  /// The folder holds no `run.json`.
  case noRun(path: String)
  /// A file of the run is not what it should be; the text says what was expected and what came.
  case damaged(file: String, reason: String)
  /// A file of the run cannot be read; the error names the place in it.
  case unreadable(FormatError)
  /// A file has a format that this version does not know yet.
  case newerFormat(file: String, format: Int)
  case otherRecipe(path: String, expected: String, actual: String)
  /// The folder that a new run was to use has something in it.
  case occupied(path: String, isRun: Bool)
  /// A file or folder cannot be written; the text is the system's reason.
  case unwritable(path: String, reason: String)
  case noSpace(path: String, needed: Int, free: Int)
  /// The memory that is left does not suffice; the text says for what.
  case noMemory(purpose: String, needed: Int, free: Int, advice: String? = nil)
  /// Another process is training the run.
  case busy(path: String)
  /// The run has not been trained to its end; what failed, where that is known.
  case unfinished(path: String, recipe: String, failure: String? = nil)
  case finished(path: String, epochs: Int)
  /// As ``finished(path:epochs:)``, of a recipe that counts in steps.
  case finishedSteps(path: String, steps: Int)
  /// The run's model has no dropout to draw from.
  case noDropout(path: String)
  /// Settings of a resumed run that may not change.
  ///
  /// `length` is the option that says how long a run trains, the only setting that may grow.
  case fixedSettings(path: String, changes: [SettingChange], length: String = "--epochs")
  /// A setting makes no sense, alone or with others; the text says which and what was expected.
  case setting(String)

  /// A setting that was asked to differ from the run's own.
  public struct SettingChange: Sendable, Hashable {
    /// The option, such as `--side`.
    public let option: String
    public let recorded: String
    public let requested: String

    public init(option: String, recorded: String, requested: String) {
      self.option = option
      self.recorded = recorded
      self.requested = requested
    }
  }
}

extension RunError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing(let path):
      "\(path): there is no such run; `apus runs` lists those under runs/"
    case .file(let path):
      "\(path): expected the folder of a run, got a file"
    case .noRun(let path):
      "\(path): expected the folder of a run, found no run.json in it"
    case .damaged(let file, let reason): "\(file): \(reason)"
    case .unreadable(let error): error.description
    case .newerFormat(let file, let format):
      "\(file): has format \(format), this version of apus reads format \(RunRecord.format); "
        + "use the version that made the run, or a newer one"
    case .otherRecipe(let path, let expected, let actual):
      "\(path): is a run of the recipe \(actual.excerpt), expected one of \(expected)"
    case .occupied(let path, let isRun):
      "\(path): expected a folder that is empty or does not exist yet, found files in it; "
        + (isRun
          ? "to continue the run in it use --resume \(path.shellQuoted)" : "give another --output")
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    case .noSpace(let path, let needed, let free):
      "\(path): the run needs about \(ByteCount(needed)), its disk has \(ByteCount(free)) left"
    case .noMemory(let purpose, let needed, let free, let advice):
      "\(purpose) needs about \(ByteCount(needed)) of memory, \(ByteCount(free)) are free"
        + (advice.map { "; \($0)" } ?? "")
    case .busy(let path): "\(path): another process is training this run"
    case .unfinished(let path, let recipe, let failure):
      "\(path): has no weights yet, its training "
        + (failure.map { "failed: \($0)" } ?? "was not finished")
        // What diverged does so again.
        + (failure?.hasPrefix("training diverged") == true
          ? "" : "; continue it with apus train \(recipe) --resume \(path.shellQuoted)")
    case .finished(let path, let epochs):
      "\(path): is finished after \(epochs.counted("epoch")); give a larger --epochs to train on"
    case .noDropout(let path):
      "\(path): was trained without dropout, which --uncertainty draws from; train a run with it, "
        + "such as apus train fashion --dropout 0.2"
    case .finishedSteps(let path, let steps):
      "\(path): is finished after \(steps.counted("step")); give a larger --steps to train on"
    case .fixedSettings(let path, let changes, let length):
      "\(path): a resumed run keeps its settings except \(length) (upward), --threads and --quiet; "
        + "cannot change "
        + changes.map { "\($0.option) from \($0.recorded) to \($0.requested)" }
        .joined(separator: ", ")
    case .setting(let text): text
    }
  }
}
