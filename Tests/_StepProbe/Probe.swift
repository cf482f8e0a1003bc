import ApusEngine
import CStepProbe
import Glibc

/// Runs steps of several programs and says what the processor or the allocator did.
///
/// - `StepProbe allocations NAME`: what each of four steps after the first allocates with two threads.
/// - `StepProbe instructions NAME`: one small step on one thread inside `probe_measured`, for
///   `valgrind --tool=callgrind`.
///
/// Prints one JSON object.
@main struct Probe {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard arguments.count == 2, let what = arguments.first, let name = arguments.last,
      let steps = ProbedSteps(rawValue: name)
    else {
      let names = ProbedSteps.allCases.map(\.rawValue).joined(separator: "|")
      print("usage: StepProbe allocations|instructions \(names)")
      exit(64)
    }
    switch what {
    case "allocations": try printAllocations(steps.step(isSmall: false, threads: 2))
    case "instructions": try runMeasured(steps.step(isSmall: true, threads: 1))
    default:
      print("usage: StepProbe allocations|instructions NAME")
      exit(64)
    }
  }

  private static func printAllocations(_ step: ProbedStep) throws {
    try step.run()
    var (own, oneDNN): ([Int], [Int]) = ([], [])
    for _ in 0..<4 {
      probe_start_counting()
      try step.run()
      let found = probe_stop_counting()
      own.append(found.by_others)
      oneDNN.append(found.by_onednn)
    }
    print("{\"own\": \(own), \"oneDNN\": \(oneDNN), \(library)}")
  }

  private static func runMeasured(_ step: ProbedStep) throws {
    try step.run()
    let context = Unmanaged.passUnretained(step).toOpaque()
    probe_measured(
      { context in
        guard let context else { return }
        try? Unmanaged<ProbedStep>.fromOpaque(context).takeUnretainedValue().run()
      }, context)
    guard step.runs == 2 else { exit(1) }
    print("{\(library)}")
  }

  /// What ran: members of a JSON object.
  private static var library: String {
    "\"instructionSet\": \"\(Machine.instructionSet)\", \"oneDNNVersion\": \"\(Machine.oneDNNVersion)\""
  }
}
