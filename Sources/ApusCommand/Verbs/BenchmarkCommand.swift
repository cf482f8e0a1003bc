import ArgumentParser

/// `apus benchmark`: one subcommand for each kind of figure.
struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark",
    abstract: "Measure the speed of this machine's training.",
    discussion: """
      EXAMPLES
        apus benchmark step fashion
        apus benchmark forward xception
        apus benchmark step fashion --profile
      """,
    subcommands: [StepCommand.self, ForwardCommand.self])

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
