import ApusApplications
import ApusTensors
import Testing

@Suite struct ClassificationTallyTests {
  /// In two batches: one right, then three mistakes, of which two are as sure as one another.
  private var tally: ClassificationTally {
    var tally = ClassificationTally()
    tally.add(
      logits: Tensor([4, 0, 0, 0, 1, 0] as [Float], shape: [2, 3]),
      targets: Tensor([0, 0] as [Int32]))
    tally.add(
      logits: Tensor([0, 0, 3, 1, 0, 0] as [Float], shape: [2, 3]),
      targets: Tensor([1, 2] as [Int32]))
    return tally
  }

  @Test func theWorstMistakesAreTheSurest() {
    let worst = tally.worst(64)
    #expect(worst.map(\.index) == [2, 1, 3])
    #expect(worst.map(\.label) == [1, 0, 2])
    #expect(worst.map(\.predicted) == [2, 1, 0])
    // e³ / (e³ + 2) and e / (e + 2).
    for (mistake, probability) in zip(worst, [0.90944, 0.57612, 0.57612]) {
      #expect(abs(mistake.probability - probability) < 1e-5)
    }
    #expect(tally.worst(2).map(\.index) == [2, 1])
  }
}
