import ArgumentParser

/// `apus benchmark forward`: one subcommand for each model.
struct ForwardCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forward",
    abstract: "Time a model as it predicts, on random numbers.",
    discussion: """
      EXAMPLES
        apus benchmark forward fashion --batch-size 1
        apus benchmark forward xception --precision bfloat16
      """,
    subcommands: [ForwardFashionCommand.self, ForwardXceptionCommand.self])
}
