import ArgumentParser

/// `apus benchmark`: one subcommand for each kind of figure.
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Measure the speed of this machine.",
    discussion: """
      EXAMPLES
        apus benchmark step fashion
        apus benchmark forward xception
        apus benchmark step fashion --profile
        apus benchmark simulate vilar --until 200 --paths 64
      """,
    subcommands: [
      StepCommand.self, ForwardCommand.self, SimulateBenchmarkCommand.self,
      SolveBenchmarkCommand.self, WordsBenchmarkCommand.self, NeighbourBenchmarkCommand.self,
    ])

  /// `apus benchmark step`: one subcommand for each recipe.
  struct StepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "step",
      abstract: "Time one whole training step on random numbers.",
      discussion: """
        EXAMPLES
          apus benchmark step fashion --side 56 --batch-size 128 --precision float32
        """,
      subcommands: [
        StepFashionCommand.self,
        StepWGANCommand.self,
        StepBiLSTMCommand.self,
        StepDropoutCommand.self,
        StepXceptionCommand.self,
      ])
  }
}
