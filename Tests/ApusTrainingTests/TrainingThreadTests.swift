import ApusTraining
import Glibc
import Synchronization
import Testing

@Suite struct TrainingThreadTests {
  /// Notes the thread on which it is released.
  private final class Witness: Sendable {
    let releasing: Threads

    init(_ releasing: Threads) { self.releasing = releasing }

    deinit { releasing.addThisOne() }
  }

  /// The threads on which something happened.
  private final class Threads: Sendable {
    private let threads = Mutex<Set<pthread_t>>([])

    var all: Set<pthread_t> { threads.withLock { $0 } }

    func addThisOne() { threads.withLock { _ = $0.insert(pthread_self()) } }
  }

  /// A trainer that alone holds a witness: what is passed on here has gone when this returns.
  private func trainer(releasing: Threads) throws -> Trainer {
    var settings = smallSettings(epochs: 1)
    settings.note = { [witness = Witness(releasing)] in withExtendedLifetime(witness) { [:] } }
    return try Trainer(smallRecipe, settings)
  }

  private func train(on training: Threads, releasing: Threads) async throws {
    let trainer = try trainer(releasing: releasing)
    try await trainer.train(on: SmallSource()) { _ in training.addThisOne() }
  }

  /// A graph is released in a chain as deep as it is, which takes the large stack of the trainer's thread.
  @Test func theSessionIsReleasedOnItsOwnThread() async throws {
    let (training, releasing) = (Threads(), Threads())
    try await train(on: training, releasing: releasing)
    for _ in 0..<1000 where releasing.all.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
    #expect(training.all.count == 1)
    #expect(releasing.all == training.all)
  }

  @Test func aTrainerTrainsAgainAfterItsStepWasGivenBack() async throws {
    let folder = try TemporaryFolder()
    let trainer = try Trainer(smallRecipe, smallSettings(epochs: 2, folder: folder.path))
    try await trainer.train(on: SmallSource())
    let first = try await trainer.evaluate(on: SmallSource())
    try await trainer.train(on: SmallSource(), from: .initialValues)
    #expect(try await trainer.evaluate(on: SmallSource()) == first)
  }
}
