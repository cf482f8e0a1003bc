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
    var rows = [
      ["apus", apusVersion], ["system", doctor.machine.system],
      ["processor", doctor.machine.processor], ["cores", "\(doctor.machine.cores)"],
      ["instructions", doctor.instructionSets.joined(separator: " ")],
      ["kernels", doctor.machine.instructionSet],
      ["bfloat16", doctor.machine.supportsBFloat16 ? "yes" : "no, it would be slow"],
      ["oneDNN", doctor.oneDNNVersion],
      [
        "memory",
        "\(bytes(doctor.freeMemoryBytes)) free of \(bytes(doctor.machine.memoryBytes))",
      ],
      ["disk", "\(bytes(doctor.freeDiskBytes)) free here"],
    ]
    for dataSet in doctor.dataSets {
      rows.append([
        "data for \(dataSet.recipe)", dataSet.fault == nil ? dataSet.path : "not found",
      ])
    }
    print(ResultTables.table([], rows))
    print("")
    let problems = doctor.problems
    print(problems.isEmpty ? "Everything is there." : problems.joined(separator: "\n"))
  }
}
