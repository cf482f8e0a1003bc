import FoundationEssentials

extension RunRecord {
  /// Where and when the run was made, for its report.
  func machineTable(evaluates: Bool) -> Report.Table {
    var rows = [
      ["processor", machine.processor], ["cores", "\(machine.cores)"],
      ["threads used", "\(threads)"], ["kernels", machine.instructionSet],
      ["memory", ByteCount(machine.memoryBytes).description],
      ["system", machine.system], ["apus", versions.apus],
      ["oneDNN", versions.oneDNN],
      ["begun", created.formatted(.iso8601)],
      ["training", timings.training.duration],
    ]
    if evaluates { rows.append(["evaluation", timings.evaluation.duration]) }
    return Report.Table(rows: rows)
  }
}
