import ApusApplications
import Testing

@Suite struct ClassificationReportTests {
  /// Counted by hand: 3 of 4 cats right, 1 of 2 dogs, no bird is there, one was claimed.
  let report = ClassificationReport(
    classes: ["cat", "dog", "bird"], labels: [0, 0, 0, 0, 1, 1], predicted: [0, 0, 0, 1, 1, 2],
    loss: 0.5)

  @Test func countsTrueClassesInRows() {
    #expect(report.counts == [[3, 1, 0], [0, 1, 1], [0, 0, 0]])
    #expect(report.examples == 6)
    #expect(report.accuracy == 4.0 / 6)
  }

  @Test func measuresEachClass() {
    let cat = report.perClass[0]
    #expect(cat.precision == 1)
    #expect(cat.recall == 0.75)
    #expect(abs(cat.f1 - 6.0 / 7) < 1e-15)
    let dog = report.perClass[1]
    #expect((dog.precision, dog.recall, dog.f1) == (0.5, 0.5, 0.5))
    let bird = report.perClass[2]
    #expect((bird.precision, bird.recall, bird.f1, bird.support) == (0, 0, 0, 0))
    #expect(abs(report.macroF1 - (6.0 / 7 + 0.5) / 3) < 1e-15)
  }

  @Test func isZeroWithoutExamples() {
    let empty = ClassificationReport(classes: ["one"], labels: [], predicted: [], loss: 0)
    #expect(empty.accuracy == 0)
    #expect(empty.macroF1 == 0)
  }

  @Test func hasTheKeysOfTheContract() {
    #expect(report.json["accuracy"] == .number(4.0 / 6))
    #expect(report.json["loss"] == .number(0.5))
    #expect(report.json["examples"] == 6)
    #expect(report.json["macroF1"]?.double == report.macroF1)
    #expect(report.json["confusion"] == [[3, 1, 0], [0, 1, 1], [0, 0, 0]])
    let classes: JSON = [
      [
        "name": "cat", "precision": 1.0, "recall": 0.75, "f1": .number(report.perClass[0].f1),
        "support": 4,
      ],
      ["name": "dog", "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2],
      ["name": "bird", "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0],
    ]
    #expect(report.json["classes"] == classes)
  }
}
