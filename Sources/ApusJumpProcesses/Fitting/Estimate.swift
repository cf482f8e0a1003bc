/// A number estimated from data, with a confidence interval.
public struct Estimate: Sendable, Hashable {
  public var name: String
  public var value: Double
  /// The interval's ends; nil where the data do not bound the number on that side.
  public var lower: Double?
  public var upper: Double?
}

/// How well data agree with a fitted model.
public struct GoodnessOfFit: Sendable, Hashable {
  /// What was compared, in words.
  public var test: String
  public var statistic: Double
  /// Degrees of freedom, or the numbers that were compared.
  public var count: Int
  /// The probability of such a statistic, or a larger one, if the model is right.
  public var probability: Double
}

/// Why something could not be fitted, in one sentence.
public enum FitError: Error, Sendable, Hashable, CustomStringConvertible {
  case data(line: Int?, String)
  case setting(String)
  /// A maximum that was not reached.
  case noConvergence(String)

  public var description: String {
    switch self {
    case .data(let line?, let text): "line \(line): \(text)"
    case .data(nil, let text), .setting(let text), .noConvergence(let text): text
    }
  }
}
