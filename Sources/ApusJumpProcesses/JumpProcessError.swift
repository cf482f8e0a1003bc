import ApusNumerics

/// Why a process could not be simulated or solved, in one sentence.
public enum JumpProcessError: Error, Sendable, Hashable {
  /// A propensity that is no rate: negative, infinite or not a number.
  case propensity(reaction: String, value: Double, time: Double, state: String)
  /// A path fired more reactions than it may; what was done before is kept.
  case eventLimit(limit: Int, path: Int, time: Double)
  /// The states that matter are more than there may be.
  case stateLimit(limit: Int, time: Double, lost: Double)
  /// The bound on the error could not be kept.
  case tolerance(Double, reached: Double, time: Double)
  /// Something that the method does not do; the text says what.
  case unsupported(String)
  /// A setting out of range; the text says which.
  case setting(String)
  /// An event that cannot happen as it says; the text says what is wrong with it.
  case event(String, time: Double, String)
  /// Events that trigger each other without end.
  case endlessEvents(time: Double)
  case memory(String)
  /// A network that refers to something that is not there; the text says where.
  case network(String)
  /// Someone asked to stop.
  case cancelled(time: Double)
  /// Equations that cannot be followed further in time, and why.
  case integration(time: Double, reason: String)
}

extension JumpProcessError {
  static func needsPlainNetwork(_ method: SimulationMethod, _ name: String) -> JumpProcessError {
    .unsupported(
      "--method \(method.rawValue) needs a network without events, rate rules and the time in its "
        + "formulas; \(name) has some, use direct")
  }
}

extension JumpProcessError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .propensity(let reaction, let value, let time, let state):
      "the rate of \(reaction) is \(value) at time \(time), where \(state); "
        + "expected a finite number of at least 0"
    case .eventLimit(let limit, let path, let time):
      "path \(path) fired more than \(limit) reactions and had come to time \(time); "
        + "it may grow without end, or --max-events may be too low"
    case .stateLimit(let limit, let time, let lost):
      "more than \(limit) states matter at time \(time), with \(lost) of the probability lost "
        + "by then; raise --max-states or --tolerance"
    case .tolerance(let tolerance, let reached, let time):
      "the probability lost is \(reached) at time \(time) already; expected at most \(tolerance)"
    case .unsupported(let text), .setting(let text), .network(let text): text
    case .event(let name, let time, let text): "event \(name) at time \(time) \(text)"
    case .endlessEvents(let time): "events trigger each other without end at time \(time)"
    case .memory(let text): text
    case .cancelled(let time): "stopped at time \(time)"
    case .integration(let time, let reason):
      "the equations cannot be followed beyond time \(time) (\(reason)); amounts may "
        + "grow without end"
    }
  }
}
