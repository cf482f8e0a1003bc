import ApusNumerics
import CJumpProcesses
import Foundation
import Testing

/// The streams of paths, by the tests of dieharder, which `make test-all` installs.
///
/// Reference: Brown, Eddelbuettel, Bauer (2013), "Dieharder: a random number test suite".
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["APUS_SLOW_TESTS"] != nil
      && FileManager.default.isExecutableFile(atPath: dieharder),
    "slow, and needs dieharder: `make test-all` installs and runs it"),
  .serialized)
struct RandomStreamTests {
  /// Birthdays, ranks, words, ones, squeeze, runs, craps; the three of NIST; Marsaglia and Tsang.
  static let tests = [0, 1, 2, 3, 4, 8, 10, 12, 13, 15, 16, 100, 101, 102, 204, 209]

  /// The first words of path after path, which is what an ensemble draws from.
  @Test(arguments: tests) func startsOfPathsAreRandom(test: Int) throws {
    var path: UInt64 = 0
    try expectRandom(test) { words in
      for place in stride(from: 0, to: words.count, by: 64) {
        var stream = PhiloxStream(seed: 1, purpose: StreamPurpose.path, index: path)
        path += 1
        for word in place..<place + 64 { words[word] = stream.nextWord() }
      }
    }
  }

  /// The generator that the loops over plain rates expand those words with: eight paths in turn,
  /// the bits that make uniform numbers.
  @Test(arguments: tests) func generatorsOfPathsAreRandom(test: Int) throws {
    var states = (0..<8).map { path in
      var stream = PhiloxStream(seed: 1, purpose: StreamPurpose.path, index: UInt64(path))
      return (0..<4).map { _ in stream.next() }
    }
    var drawn = [UInt64](repeating: 0, count: 4096)
    try expectRandom(test) { words in
      for path in states.indices {
        apus_path_words(&states[path], &drawn, 4096)
        for (turn, word) in drawn.enumerated() {
          words[8 * turn + path] = UInt32(truncatingIfNeeded: word >> 32)
        }
      }
    }
  }

  /// Feeds words to a test of dieharder until it has enough; `fill` writes 32,768 at a time.
  private func expectRandom(
    _ test: Int, _ fill: (inout [UInt32]) -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    signal(SIGPIPE, SIG_IGN)
    let process = Process()
    process.executableURL = URL(filePath: dieharder)
    // -Y 1: more samples until a weak value is one way or the other.
    process.arguments = ["-g", "200", "-Y", "1", "-d", "\(test)"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var words = [UInt32](repeating: 0, count: 32_768)
    repeat { fill(&words) } while written(words, to: input.fileHandleForWriting)
    process.waitUntilExit()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    let verdicts = String(decoding: data, as: UTF8.self).split(separator: "\n")
      .filter { $0.contains("|") && !$0.contains("Assessment") && !$0.contains("rands/second") }
    #expect(verdicts.contains { $0.contains("PASSED") }, sourceLocation: sourceLocation)
    let failed = verdicts.filter { $0.contains("FAILED") }
    #expect(failed.isEmpty, "\(failed)", sourceLocation: sourceLocation)
  }

  private func written(_ words: [UInt32], to file: FileHandle) -> Bool {
    do {
      try words.withUnsafeBytes { try file.write(contentsOf: Data($0)) }
      return true
    } catch {
      return false
    }
  }
}

private let dieharder = "/usr/bin/dieharder"
