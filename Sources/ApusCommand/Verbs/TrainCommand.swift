import ArgumentParser

/// `apus train`: one subcommand for each recipe.
struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model and keep it as a run.",
    discussion: """
      EXAMPLES
        apus train fashion
        apus train fashion-gan
        apus train fashion --resume fashion-1
        apus train words corpus.txt.xz
      """,
    subcommands: [TrainFashionCommand.self, TrainFashionGANCommand.self, TrainWordsCommand.self])
}
