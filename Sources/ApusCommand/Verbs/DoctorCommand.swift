import ApusApplications
import ArgumentParser

/// `apus doctor`.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Show what this machine has and what is missing.",
    discussion: """
      EXAMPLES
        apus doctor
        apus doctor --json
      """)

  @OptionGroup var results: ResultOptions

  func run() throws {
    let doctor = Doctor(dataSets: [FashionRecipe.finding])
    if results.json { return Output.show(doctor.json) }
    func bytes(_ count: Int?) -> String { count.map { "\(ByteCount($0))" } ?? "unknown" }
    var facts = [
      ("apus", apusVersion), ("System", doctor.machine.system),
      ("Processor", doctor.machine.processor), ("Cores", "\(doctor.machine.cores)"),
      ("Instruction sets", doctor.instructionSets.joined(separator: " ")),
      ("Kernels", doctor.machine.instructionSet),
      ("bfloat16", doctor.machine.supportsBFloat16 ? "yes" : "no, it would be slow"),
      ("oneDNN", doctor.oneDNNVersion),
      (
        "Memory", "\(bytes(doctor.freeMemoryBytes)) free of \(bytes(doctor.machine.memoryBytes))"
      ),
      ("Disk", "\(bytes(doctor.freeDiskBytes)) free here"),
    ]
    for dataSet in doctor.dataSets {
      facts.append(("Data of \(dataSet.recipe)", dataSet.fault == nil ? dataSet.path : "not found"))
    }
    print(ResultTables.facts(facts))
    let problems = doctor.problems
    print(problems.isEmpty ? "Everything is there." : problems.joined(separator: "\n"))
  }
}
