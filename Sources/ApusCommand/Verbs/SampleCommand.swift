import ApusApplications
import ApusFormats
import ApusTerminal
import ArgumentParser

/// `apus sample`.
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Make pictures with a run of fashion-gan.",
    usage: "apus sample <run> <options>",
    discussion: """
      Writes a grid of the pictures (.png) or their pixels as an array of \
      count x 28 x 28 x 1 bytes (.npy). One seed gives one picture for each number, \
      however many are asked for.

      EXAMPLES
        apus sample fashion-gan-1
        apus sample fashion-gan-1 --count 100 --seed 7 --output grid.png
        apus sample fashion-gan-1 --interpolate --count 6
        apus sample fashion-gan-1 --count 10000 --output samples.npy
      """)

  @OptionGroup var target: RunArgument

  @Option(
    name: .long,
    help: ArgumentHelp("Pictures; with --interpolate, rows of pictures.", valueName: "n"))
  var count = 36

  @Option(name: .long, help: ArgumentHelp("Gives the noise.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(name: .long, help: ArgumentHelp("The file, .png or .npy.", valueName: "path"))
  var output = "samples.png"

  @Flag(name: .long, help: "Lead each row from the picture of one noise to that of the next.")
  var interpolate = false

  @Option(
    name: .customLong("class"),
    help: ArgumentHelp(
      "Make only this class, by name or number; the run must know classes.", valueName: "class"))
  var label: String?

  @OptionGroup var threads: ThreadOptions
  @OptionGroup var results: ResultOptions

  func validate() throws {
    guard 1...100_000 ~= count else {
      throw ValidationError("--count: expected 1 to 100000, got \(count)")
    }
    guard Int(exactly: seed) != nil else {
      throw ValidationError("--seed: expected at most \(Int.max), got \(seed)")
    }
    guard output.hasSuffix(".png") || output.hasSuffix(".npy") else {
      throw ValidationError("--output: expected a path that ends in .png or .npy, got \(output)")
    }
    let most = interpolate ? 8000 : 80_000
    guard count <= most || output.hasSuffix(".npy") else {
      throw ValidationError(
        "--count: a picture has room for \(most)\(interpolate ? " rows" : ""), got \(count); "
          + "write .npy")
    }
  }

  func run() throws {
    var request = GANRecipe.SampleRequest()
    request.count = count
    request.seed = seed
    request.interpolates = interpolate
    request.label = label
    try AtomicFile.checkWritable(output)
    let pictures = try GANRecipe.samples(target.folder, request, threads: threads.threads)
    try Interruption.discarding {
      if output.hasSuffix(".npy") {
        try NPY.write(pictures, to: output)
      } else {
        try PNG.write(GANRecipe.grid(of: pictures, request), to: output)
      }
    }
    if results.json {
      return Output.show([
        "output": .string(output), "count": .integer(pictures.shape[0]),
        "seed": .integer(Int(seed)),
      ])
    }
    print("\(pictures.shape[0].counted("picture")) in \(output.escapingControls)")
  }
}
