/// Why a Lindblad equation could not be set up or solved, in one sentence.
public enum LindbladError: Error, Sendable, Hashable {
  /// Two dimensions that must be the same; the text says of what.
  case dimension(String, expected: Int, got: Int)
  /// An entry outside of an operator.
  case entry(row: Int, column: Int, dimension: Int)
  /// An operator that is no observable.
  case notHermitian(String, difference: Double)
  /// A setting out of range; the text says which.
  case setting(String)
  /// A state that is no density matrix; the text says why.
  case state(String)
  /// More steps of time than there may be.
  case stepLimit(limit: Int, time: Double)
}

extension LindbladError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .dimension(let what, let expected, let got):
      "\(what) has dimension \(got); expected \(expected)"
    case .entry(let row, let column, let dimension):
      "there is no entry at row \(row) and column \(column) of an operator of dimension \(dimension)"
    case .notHermitian(let what, let difference):
      "\(what) is not Hermitian: an entry differs by \(difference) from its mirror image's conjugate"
    case .setting(let text), .state(let text): text
    case .stepLimit(let limit, let time):
      "\(limit) steps of time came to time \(time) only; raise maximumSteps or the tolerance"
    }
  }
}
