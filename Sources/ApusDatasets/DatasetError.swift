/// Why a data set or a batch cannot be made, in one sentence.
public struct DatasetError: Error, Sendable, Hashable, CustomStringConvertible {
  public let reason: Reason
  public let description: String

  /// What was wrong, for tests and programs to match.
  public enum Reason: Sendable, Hashable {
    /// There is no data in this folder; the sentence says how to get it.
    case missing(folder: String)
    /// What was given does not fit together.
    case mismatch
    /// A setting has no meaning.
    case setting
    /// A picture shows nothing.
    case blank
  }

  /// An error with the whole sentence a person reads.
  public init(_ reason: Reason, _ sentence: String) {
    self.reason = reason
    description = sentence
  }
}
