import ApusFormats
import FoundationEssentials
import Glibc

/// One line of `metrics.jsonl`: how training stood after a step.
public struct MetricsLine: Sendable, Hashable, Codable {
  /// What the numbers are means over.
  public var kind: Kind
  /// Epochs done, with a fraction in the middle of one.
  public var epoch: Double
  /// Steps done since the run began.
  public var step: Int
  /// The mean loss of an example.
  public var loss: Double
  /// The share of training examples that were classified rightly.
  public var accuracy: Double?
  /// The learning rate of the last step.
  public var learningRate: Double
  /// Seconds of training since the run began, over all sessions.
  public var seconds: Double
  public var imagesPerSecond: Double?
  /// Words of the text, of recipes that read text.
  public var wordsPerSecond: Double?
  /// Of a GAN: how far apart the critic's mean scores of real and generated images are.
  public var distance: Double?
  /// Of a GAN with a gradient penalty: what the critic's slopes cost.
  public var penalty: Double?
  /// Of a GAN with a gradient penalty: the critic's mean slope.
  public var gradientNorm: Double?
  /// Of a GAN: the mean loss of the generator; ``loss`` is the critic's.
  public var generatorLoss: Double?

  public init(
    kind: Kind, epoch: Double, step: Int, loss: Double, accuracy: Double? = nil,
    learningRate: Double, seconds: Double, imagesPerSecond: Double? = nil,
    wordsPerSecond: Double? = nil
  ) {
    self.kind = kind
    self.epoch = epoch
    self.step = step
    self.loss = loss
    self.accuracy = accuracy
    self.learningRate = learningRate
    self.seconds = seconds
    self.imagesPerSecond = imagesPerSecond
    self.wordsPerSecond = wordsPerSecond
  }

  /// Whether the numbers may be those of a training, which computes in float32.
  fileprivate var isPlausible: Bool {
    let numbers = [
      epoch, loss, accuracy, learningRate, seconds, imagesPerSecond, wordsPerSecond, distance,
      penalty, gradientNorm, generatorLoss,
    ]
    return 0...1 << 53 ~= step && numbers.allSatisfy { abs($0 ?? 0) <= 1e40 }
  }

  public enum Kind: String, Sendable, Hashable, Codable {
    /// The steps since the line before.
    case steps
    /// All steps of an epoch.
    case epoch
  }
}

/// The file that grows by a line while a run trains.
///
/// A line that a kill tore, and lines beyond the checkpoint a run goes on from, are removed when it is begun.
package final class MetricsLog {
  private let file: String
  private var descriptor: Int32 = -1
  /// The lines in the file.
  package private(set) var lines: [MetricsLine]

  /// The log of `folder` with its lines up to `step`; the file stays as it is until ``begin()``.
  package init(_ folder: RunFolder, through step: Int) throws {
    file = folder.metricsFile
    lines = try MetricsLog.lines(of: folder).filter { $0.step <= step }
  }

  /// Makes the file what ``lines`` are, and opens it for more.
  package func begin() throws {
    let text = try lines.map { try MetricsLog.text(of: $0) }.joined()
    try AtomicFile.write(text, to: file)
    descriptor = open(file, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw RunError.unwritable(path: file, reason: systemReason()) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The whole lines of a run's log whose numbers are those of a training; none where there is no log.
  package static func lines(of folder: RunFolder) throws -> [MetricsLine] {
    guard access(folder.metricsFile, F_OK) == 0 else { return [] }
    let bytes = try RunFolder.bytes(of: folder.metricsFile, limit: 1 << 28)
    let decoder = JSONDecoder()
    return bytes.split(separator: UInt8(ascii: "\n"))
      .compactMap { try? decoder.decode(MetricsLine.self, from: Data($0)) }
      .filter(\.isPlausible)
  }

  /// Adds a line, after ``begin()``.
  package func append(_ line: MetricsLine) throws {
    var bytes = Array(try MetricsLog.text(of: line).utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { throw RunError.unwritable(path: file, reason: systemReason()) }
      bytes = bytes.dropFirst(written)
    }
    lines.append(line)
  }

  private static func text(of line: MetricsLine) throws -> String {
    String(decoding: try JSONEncoder.apus.encode(line), as: UTF8.self) + "\n"
  }
}
