import ApusFormats
import CKernels
import Glibc
import Synchronization

/// How far a training of word vectors has come.
public struct WordProgress: Sendable, Hashable {
  /// Pieces of the text that were trained on, over all epochs, and all there will be.
  public var segments: Int
  public var totalSegments: Int
  /// Epochs that are whole.
  public var epochs: Int
  /// The mean loss of a pair since the epoch began, in nats; nil before the first pair.
  public var loss: Double?
  public var learningRate: Double

  /// The share that is done.
  public var fraction: Double { Double(segments) / Double(max(1, totalSegments)) }
}

/// Trains a model on an encoded text.
///
/// The text is divided into pieces of equal length. Threads take them in order and train on the same rows
/// without locks (Hogwild): with more than one thread two runs differ in their bits, for updates meet in
/// another order. One thread gives the same bits each time, whatever interrupts it: each piece has random
/// numbers of its own.
package final class WordTrainer: Sendable {
  private let model: WordModel
  private let corpus: EncodedCorpus
  private let seed: UInt64
  private let threads: Int
  /// Numbers of a piece.
  static let segmentLength = 1 << 14

  private struct Totals {
    var losses: [Int: apus_word_loss] = [:]
    var ended = 0
    var failure: FormatError?
  }

  private let next: Atomic<Int>
  private let isStopped = Atomic(false)
  private let totals = Mutex(Totals())

  /// A trainer that begins, or goes on after so many pieces with the losses they had.
  package init(
    _ model: WordModel, on corpus: EncodedCorpus, seed: UInt64, threads: Int, from segment: Int = 0,
    losses: [EpochLoss] = []
  ) {
    self.model = model
    self.corpus = corpus
    self.seed = seed
    self.threads = threads
    next = Atomic(segment)
    totals.withLock { totals in
      for loss in losses {
        totals.losses[loss.epoch] = apus_word_loss(sum: loss.sum, pairs: Int64(loss.pairs))
      }
    }
  }

  /// The loss of the pairs of an epoch that were measured.
  package struct EpochLoss: Sendable, Hashable, Codable {
    package var epoch: Int
    package var sum: Double
    package var pairs: Int
  }

  var segmentsPerEpoch: Int { (corpus.count + Self.segmentLength - 1) / Self.segmentLength }
  package var totalSegments: Int { segmentsPerEpoch * model.settings.epochs }

  /// Trains until all is done or `report` says to stop; the pieces that were begun are ended.
  ///
  /// - Parameter report: called on this thread fifty times a second and, at first, more often; whether to go
  ///   on.
  package func train(_ report: (WordProgress) -> Bool) throws {
    isStopped.store(false, ordering: .relaxed)
    totals.withLock { $0.ended = 0 }
    try ThreadTeam.run(threads) { _ in
      self.work()
      self.totals.withLock { $0.ended += 1 }
    } waiting: { started in
      // Waits grow with what has passed, so that the time of a small text is its own.
      var (pause, passed): (useconds_t, useconds_t) = (200, 0)
      while totals.withLock({ $0.ended < started }) {
        usleep(pause)
        (pause, passed) = (min(20_000, max(200, passed / 50)), min(passed + pause, 1_000_000))
        if !report(progress) { isStopped.store(true, ordering: .relaxed) }
      }
    }
    if let failure = totals.withLock({ $0.failure }) { throw failure }
  }

  /// Where the training stands; whole only while no thread works.
  package var progress: WordProgress {
    let segments = min(next.load(ordering: .relaxed), totalSegments)
    let epoch = min(segments / max(1, segmentsPerEpoch), model.settings.epochs - 1)
    let loss = totals.withLock { totals in
      totals.losses[epoch] ?? totals.losses[epoch - 1] ?? apus_word_loss(sum: 0, pairs: 0)
    }
    return WordProgress(
      segments: segments, totalSegments: totalSegments,
      epochs: segments / max(1, segmentsPerEpoch),
      loss: loss.pairs > 0 ? loss.sum / Double(loss.pairs) : nil,
      learningRate: Double(learningRate(of: segments)))
  }

  private func learningRate(of segment: Int) -> Float {
    let settings = model.settings
    let share = Double(segment) / Double(max(1, totalSegments))
    let (first, last) = (settings.startingLearningRate, settings.endingLearningRate)
    return Float(first + (last - first) * share)
  }

  /// Takes pieces until there are no more.
  private func work() {
    apus_flush_denormals()
    let width = Int64(model.rows.width)
    let scratch = UnsafeMutableRawPointer.allocate(
      byteCount: apus_train_words_scratch_bytes(Int64(Self.segmentLength), width), alignment: 64)
    defer { scratch.deallocate() }
    let numbers = UnsafeMutableBufferPointer<Int32>.allocate(capacity: Self.segmentLength)
    defer { numbers.deallocate() }
    while !isStopped.load(ordering: .relaxed) {
      let segment = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard segment < totalSegments else {
        next.wrappingSubtract(1, ordering: .relaxed)
        return
      }
      do throws(FormatError) {
        try train(on: segment, numbers, scratch)
      } catch {
        totals.withLock { $0.failure = $0.failure ?? error }
        isStopped.store(true, ordering: .relaxed)
      }
    }
  }

  private func train(
    on segment: Int, _ numbers: UnsafeMutableBufferPointer<Int32>,
    _ scratch: UnsafeMutableRawPointer
  ) throws(FormatError) {
    let (epoch, piece) = segment.quotientAndRemainder(dividingBy: segmentsPerEpoch)
    let start = piece * Self.segmentLength
    let count = min(Self.segmentLength, corpus.count - start)
    let target = UnsafeMutableBufferPointer(rebasing: numbers[..<count])
    try corpus.read(into: UnsafeMutableRawBufferPointer(target), at: start * 4)
    guard let ids = numbers.baseAddress else { return }
    // The file may be that of a run that goes on; the loops take every number for a row.
    let words = Int32(clamping: model.vocabulary.count)
    if let fault = target.firstIndex(where: { $0 < -1 || $0 >= words }) {
      throw FormatError(
        corpus.path, .byte(4 * (start + fault)), expected: "a word's number below \(words), or -1",
        actual: "\(target[fault])")
    }
    // Seeds of neighbouring pieces and of neighbouring runs differ in many bits.
    let random = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(segment) &* 0xD1B5_4A32_D192_ED03
    var input = apus_word_segment(
      ids: UnsafePointer(ids), count: Int64(count), learning_rate: learningRate(of: segment),
      seed: random, steps: Int64(segment) * Int64(Self.segmentLength / 8))
    let loss = model.withLoops { apus_train_words($0, &input, scratch) }
    totals.withLock { totals in
      totals.losses[epoch, default: apus_word_loss(sum: 0, pairs: 0)].sum += loss.sum
      totals.losses[epoch, default: apus_word_loss(sum: 0, pairs: 0)].pairs += loss.pairs
    }
  }

  /// The loss of each epoch so far, for a checkpoint.
  package var losses: [EpochLoss] {
    totals.withLock { totals in
      totals.losses.sorted { $0.key < $1.key }.map {
        EpochLoss(epoch: $0.key, sum: $0.value.sum, pairs: Int($0.value.pairs))
      }
    }
  }
}
