import ApusJumpProcesses
import ArgumentParser

/// The methods of `apus solve` by their names.
enum SolveMethod: String, CaseIterable, ExpressibleByArgument {
  case adaptive, krylov, cvode, gth, arnoldi, gmres
  case fullGrid = "full-grid"
  case linearNoise = "linear-noise"
  case momentClosure = "moment-closure"

  /// For methods of stationary distributions, how they find them.
  var stationary: SparseGenerator.StationaryMethod? { .init(rawValue: rawValue) }

  /// For methods on states that do not move, how they propagate.
  var propagation: PropagationMethod? {
    switch self {
    case .fullGrid: .uniformization
    case .krylov: .krylov
    case .cvode: .cvode
    default: nil
    }
  }

  /// For methods without probabilities, how their equations are closed.
  var closure: MomentEquations.Closure? {
    switch self {
    case .linearNoise: .linearNoise
    case .momentClosure: .normal
    default: nil
    }
  }
}

/// What is asked of a master equation, and how it is solved.
struct SolveOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "In time: adaptive, full-grid, krylov, cvode (rates may change in time), "
        + "linear-noise or moment-closure (means and sds alone); stationary: gth, arnoldi or "
        + "gmres. (default: adaptive, or cvode where rates change in time)",
      valueName: "name"))
  var method: SolveMethod?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "One past the largest amount, of all species or of each by commas; not for adaptive. "
        + "(default: as needed)", valueName: "n"))
  var grid: GridBounds?

  @Flag(name: .long, help: "Solve for the stationary distribution.")
  var stationary = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Mean time until a condition holds, such as \"X >= 5\".", valueName: "condition"))
  var passage: String?

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "How means change with a constant; may repeat.", valueName: "name"))
  var sensitivity: [String] = []

  @Flag(name: .long, help: "Show the chain of reasoning from propagator to equation.")
  var derive = false

  @Option(
    name: .long, help: ArgumentHelp("File for the plot of --derive, .png.", valueName: "file"))
  var picture: String?

  func validate() throws {
    let tasks = [
      stationary ? "--stationary" : nil, passage.map { _ in "--passage" },
      derive ? "--derive" : nil, sensitivity.isEmpty ? nil : "--sensitivity",
    ].compactMap { $0 }
    guard tasks.count < 2 else {
      throw ValidationError("\(tasks[0]) and \(tasks[1]): expected one of them")
    }
    if let method {
      guard !derive, passage == nil, sensitivity.isEmpty else {
        throw ValidationError("--method: \(tasks[0]) has one method of its own")
      }
      guard (method.stationary != nil) == stationary else {
        throw ValidationError(
          stationary
            ? "--method: expected gth, arnoldi or gmres with --stationary, got \(method.rawValue)"
            : "--method: \(method.rawValue) goes with --stationary")
      }
    }
    if picture != nil, !derive { throw ValidationError("--picture goes with --derive") }
    if let picture, !picture.hasSuffix(".png") {
      throw ValidationError("--picture: expected a file that ends with .png, got \(picture)")
    }
    if grid != nil {
      guard !derive, stationary || passage != nil || !sensitivity.isEmpty || isOnFixedStates else {
        throw ValidationError(
          "--grid goes with --method full-grid, krylov or cvode, --stationary, --passage or "
            + "--sensitivity")
      }
    }
  }

  /// Whether the distribution is asked for on states that do not move.
  var isOnFixedStates: Bool { method?.propagation != nil }
}
