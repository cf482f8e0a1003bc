import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import Glibc
import Testing

@Suite struct LossTests {
  private func values(
    _ body: @escaping (Node, Node) throws -> Node, _ predictions: Tensor, _ targets: Tensor
  ) throws -> [Double] {
    let function = Function(options: .reference) { [try body($0[0], $0[1])] }
    return try function(predictions, targets)[0].doubles
  }

  let logits = Tensor([Float(2), -1, 0.5, 0, 0, 3], shape: [2, 3])

  /// `−log softmax(z)[label]` by hand.
  private func crossEntropy(_ z: [Double], _ targets: [Double]) -> Double {
    let total = log(z.map { exp($0) }.reduce(0, +))
    return zip(z, targets).reduce(0) { $0 + $1.1 * (total - $1.0) }
  }

  @Test func softmaxCrossEntropy() throws {
    let (first, second) = ([2, -1, 0.5], [0, 0, 3.0])
    let labels = Tensor([Int32(0), 2])
    let plain = try values({ try SoftmaxCrossEntropyLoss()($0, $1) }, logits, labels)
    let expected = [crossEntropy(first, [1, 0, 0]), crossEntropy(second, [0, 0, 1])]
    for (found, number) in zip(plain, expected) { #expect(abs(found - number) < 1e-6) }

    let smooth = try values(
      { try SoftmaxCrossEntropyLoss(labelSmoothing: 0.3)($0, $1) }, logits, labels)
    let smoothed = [crossEntropy(first, [0.8, 0.1, 0.1]), crossEntropy(second, [0.1, 0.1, 0.8])]
    for (found, number) in zip(smooth, smoothed) { #expect(abs(found - number) < 1e-6) }

    let dense = Tensor([Float(0.2), 0.3, 0.5, 1, 0, 0], shape: [2, 3])
    let soft = try values({ try SoftmaxCrossEntropyLoss()($0, $1) }, logits, dense)
    let softly = [crossEntropy(first, [0.2, 0.3, 0.5]), crossEntropy(second, [1, 0, 0])]
    for (found, number) in zip(soft, softly) { #expect(abs(found - number) < 1e-6) }
  }

  @Test func meanSquaredError() throws {
    let targets = Tensor([Float(1), -1, 0, 0, 2, 0], shape: [2, 3])
    let found = try values({ try MeanSquaredErrorLoss()($0, $1) }, logits, targets)
    for (found, number) in zip(found, [1.25 / 3, 13.0 / 3]) { #expect(abs(found - number) < 1e-6) }
    #expect(throws: GraphError.self) {
      try values({ try MeanSquaredErrorLoss()($0, $1) }, logits, Tensor([Float(1), 2]))
    }
  }

  @Test func binaryCrossEntropyIsStable() throws {
    let logits = Tensor([Float(0.5), -2, 200, -200], shape: [4, 1])
    let targets = Tensor([Float(1), 0.25, 1, 1], shape: [4, 1])
    let found = try values({ try BinaryCrossEntropyLoss()($0, $1) }, logits, targets)
    let expected = [log(1 + exp(-0.5)), log(1 + exp(-2)) + 0.5, 0, 200]
    for (found, number) in zip(found, expected) { #expect(abs(found - number) < 1e-5) }
  }

  /// `KL(p‖q)` of the softmaxes of two rows of logits.
  private func divergence(_ first: [Double], from second: [Double]) -> Double {
    let (p, q) = (first.map { exp($0) }, second.map { exp($0) })
    let (pSum, qSum) = (p.reduce(0, +), q.reduce(0, +))
    return zip(p, q).reduce(0) { $0 + $1.0 / pSum * log($1.0 / pSum * qSum / $1.1) }
  }

  @Test func consistencyIsHalfTheSymmetricDivergenceOfBothViews() throws {
    let (first, second) = ([2, -1, 0.5], [0, 0, 3.0])
    let others = ([1.5, 0, 0.5], [0, 0, 3.0])
    let views = Tensor(
      (first + second + others.0 + others.1).map { Float($0) }, shape: [4, 3])
    let targets = Tensor([Int32(0), 0, 0, 0])
    let found = try values({ try ConsistencyLoss(weight: 3)($0, $1) }, views, targets)
    let apart =
      3 * (divergence(first, from: others.0) + divergence(others.0, from: first)) / 2
    for (found, number) in zip(found, [apart, 0, apart, 0]) { #expect(abs(found - number) < 1e-6) }
    #expect(throws: GraphError.self) {
      try values({ try ConsistencyLoss()($0, $1) }, views[0..<3], targets[0..<3])
    }
  }

  @Test func bothViewsLearnFromTheirConsistency() throws {
    let views = Tensor([Float(2), -1, 0.5, 0.3, 0.7, 1], shape: [2, 3])
    let targets = Tensor([Int32(0), 0])
    func total(_ views: Tensor) throws -> Double {
      try values({ try ConsistencyLoss()($0, $1) }, views, targets).reduce(0, +)
    }
    let slopes = Function(options: .reference) { inputs in
      try gradients(of: ConsistencyLoss()(inputs[0], inputs[1]).sum(), with: [inputs[0]])
    }
    let found = try slopes(views, targets)[0].doubles
    var numbers = views.doubles
    for index in numbers.indices {
      let (own, step) = (numbers[index], 1e-2)
      func shifted(_ change: Double) throws -> Double {
        numbers[index] = own + change
        defer { numbers[index] = own }
        return try total(Tensor(numbers.map { Float($0) }, shape: [2, 3]))
      }
      let expected = try (shifted(step) - shifted(-step)) / (2 * step)
      #expect(abs(found[index] - expected) < 1e-4)
    }
  }

  @Test func accuracies() throws {
    let labels = Tensor([Int32(0), 1])
    #expect(try values({ try Accuracy()($0, $1) }, logits, labels) == [1, 0])
    let dense = Tensor([Float(1), 0, 0, 0, 0, 1], shape: [2, 3])
    #expect(try values({ try Accuracy()($0, $1) }, logits, dense) == [1, 1])
    #expect(try values({ try TopAccuracy(1)($0, $1) }, logits, Tensor([Int32(2), 2])) == [0, 1])
    #expect(try values({ try TopAccuracy(2)($0, $1) }, logits, Tensor([Int32(2), 1])) == [1, 1])
  }

  @Test func yesOrNoIsJudgedByItsOwnMetric() throws {
    let answers = Tensor([1, -2, 0.5, -0.1] as [Float], shape: [2, 2])
    let targets = Tensor([1, 1, 0, 0] as [Float], shape: [2, 2])
    #expect(try values({ try BinaryAccuracy()($0, $1) }, answers, targets) == [0.5, 0.5])
    let single = Tensor([1, -2] as [Float], shape: [2, 1])
    #expect(throws: GraphError.self) {
      try values({ try Accuracy()($0, $1) }, single, Tensor([1, 0] as [Float], shape: [2, 1]))
    }
  }

  /// Logits that were masked, and what a model gives that left its course.
  @Test func infinitePredictionsAreRankedAndNaNsAreNone() throws {
    let logits = Tensor([1, -Float.infinity, 2, 1, .nan, 2], shape: [2, 3])
    func top(_ count: Int, _ labels: [Int32]) throws -> [Double] {
      try values({ try TopAccuracy(count)($0, $1) }, logits, Tensor(labels))
    }
    #expect(try top(1, [1, 1]) == [0, 0])
    #expect(try top(1, [2, 2]) == [1, 1])
    #expect(try top(2, [1, 0]) == [0, 1])
    for count in [0, 3] { #expect(throws: GraphError.self) { try top(count, [1, 1]) } }
  }
}
