import ApusTensors

/// What one step of a ``WordGraph`` is trained with.
package struct WordBatch {
  /// An output row with what its score is to say: 1 yes, 0 no.
  package struct Target {
    package var row: Int
    package var label: Float
    /// How much it counts; 0 leaves it out.
    package var weight: Float

    package init(row: Int, label: Float, weight: Float = 1) {
      self.row = row
      self.label = label
      self.weight = weight
    }
  }

  /// An example: rows of each input, and outputs.
  package struct Item {
    package var rows: [[Int]]
    package var targets: [Target]

    package init(rows: [[Int]], targets: [Target]) {
      self.rows = rows
      self.targets = targets
    }
  }

  package var items: [Item]

  package init(_ items: [Item]) { self.items = items }

  /// Extents of a step's tensors; powers of two, so that few programs serve all batches.
  struct Extents: Hashable {
    let examples: Int
    /// Of each input.
    let rows: [Int]
    let targets: Int
  }

  func extents(inputs: Int) -> Extents {
    Extents(
      examples: Self.rounded(items.count),
      rows: (0..<inputs).map { input in
        Self.rounded(items.lazy.map { $0.rows[input].count }.max() ?? 0)
      },
      targets: Self.rounded(items.lazy.map(\.targets.count).max() ?? 0))
  }

  private static func rounded(_ count: Int) -> Int {
    var power = 1
    while power < count { power *= 2 }
    return power
  }

  /// The tensors of a step after the learning rate, in the order of its placeholders.
  ///
  /// - Parameter isMean: whether rows are averaged or summed up.
  func tensors(_ extents: Extents, isMean: Bool) -> [Tensor] {
    let numbers = items.map { item in Float(item.rows.reduce(0) { $0 + $1.count }) }
    var tensors: [Tensor] = []
    for (input, width) in extents.rows.enumerated() {
      let shape = Shape([extents.examples, width])
      var rows = [Int32](repeating: 0, count: shape.count)
      var (shares, ones) = (Self.zeros(shape), Self.zeros(shape))
      for (example, item) in items.enumerated() {
        for (place, row) in item.rows[input].enumerated() {
          let position = example * width + place
          rows[position] = Int32(row)
          shares[position] = isMean ? 1 / numbers[example] : 1
          ones[position] = 1
        }
      }
      tensors += [
        Tensor(rows, shape: shape), Tensor(shares, shape: shape), Tensor(ones, shape: shape),
      ]
    }
    return tensors + targetTensors(extents)
  }

  private func targetTensors(_ extents: Extents) -> [Tensor] {
    let shape = Shape([extents.examples, extents.targets])
    var rows = [Int32](repeating: 0, count: shape.count)
    var (labels, weights) = (Self.zeros(shape), Self.zeros(shape))
    for (example, item) in items.enumerated() {
      for (place, target) in item.targets.enumerated() {
        let position = example * extents.targets + place
        rows[position] = Int32(target.row)
        labels[position] = target.label
        weights[position] = target.weight
      }
    }
    return [
      Tensor(rows, shape: shape), Tensor(labels, shape: shape), Tensor(weights, shape: shape),
    ]
  }

  private static func zeros(_ shape: Shape) -> [Float] {
    [Float](repeating: 0, count: shape.count)
  }
}
