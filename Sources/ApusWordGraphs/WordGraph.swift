import ApusEngine
import ApusGraph
import ApusTensors
import ApusWordVectors

/// The models of `apus train words` written down as a graph: what the loops are held to, and what takes
/// inputs that they do not know.
///
/// With rows `x_r` of all inputs and output rows `o_t`, `h = Σ x_r / n`, `s_t = h·o_t`. Negative sampling
/// and hierarchical softmax lower `Σ_t w_t (softplus(s_t) − y_t s_t)` by plain descent; sampled softmax has
/// `h = Σ x_r`, biases `b`, and lowers `−Σ_t y_t log softmax(s + b)_t` by Adam. As in word2vec.c the change
/// of a mean goes to each of its rows undivided.
package final class WordGraph {
  package let inputs: [Variable]
  package let outputs: Variable
  /// Of sampled softmax alone.
  package let biases: Variable?
  package let store = VariableStore()
  private let loss: WordTrainingSettings.Loss
  private let options: EngineOptions
  private var programs: [WordBatch.Extents: Program] = [:]
  private var slots: [Variable: RowwiseAdam.Slots] = [:]

  /// - Parameters:
  ///   - tables: the name and the rows of each input.
  ///   - outputs: output rows: words, or inner nodes of a tree; nil where the first input's are these too.
  package init(
    tables: [(name: String, count: Int)], outputs count: Int?, size: Int,
    loss: WordTrainingSettings.Loss, options: EngineOptions
  ) {
    self.loss = loss
    self.options = options
    inputs = tables.map { Variable($0.name, TensorType([$0.count, size]), isTrainable: true) }
    outputs =
      count.map { Variable("outputs", TensorType([$0, size]), isTrainable: true) } ?? inputs[0]
    let words = outputs.type.shape[0]
    biases =
      loss == .sampledSoftmax ? Variable("biases", TensorType([words]), isTrainable: true) : nil
  }

  /// One step; gives the sum of the examples' losses before it.
  ///
  /// - Parameter rate: the learning rate; with Adam that of this step, its corrections included.
  package func step(_ batch: WordBatch, rate: Double) throws -> Double {
    let extents = batch.extents(inputs: inputs.count)
    let program = try program(for: extents)
    let tensors = batch.tensors(extents, isMean: loss != .sampledSoftmax)
    try program.run([Tensor(Float(rate))] + tensors)
    return program.scalar(0)
  }

  private func program(for extents: WordBatch.Extents) throws -> Program {
    if let known = programs[extents] { return known }
    let program = try Program(computation(extents), store: store, options: options)
    programs[extents] = program
    return program
  }

  private func computation(_ extents: WordBatch.Extents) throws(GraphError) -> Computation {
    let rate = try Node.placeholder("learning rate", TensorType([]))
    var placeholders = [rate]
    var values: [Variable: Node] = [:]
    for variable in inputs + [outputs] + (biases.map { [$0] } ?? []) where values[variable] == nil {
      values[variable] = try .value(of: variable)
    }
    let examples = extents.examples
    var hidden: Node?
    for (variable, width) in zip(inputs, extents.rows) {
      guard let table = values[variable] else { continue }
      let rows = try Node.placeholder("rows", TensorType([examples, width], .int32))
      let shares = try Node.placeholder("shares", TensorType([examples, width]))
      let ones = try Node.placeholder("ones", TensorType([examples, width]))
      placeholders += [rows, shares, ones]
      let part = try Self.mean(of: table.gathering(rows), shares, ones)
      hidden = try hidden.map { (sum) throws(GraphError) in try sum + part } ?? part
    }
    let shape = TensorType([examples, extents.targets])
    let targets = try Node.placeholder("targets", TensorType(shape.shape, .int32))
    let labels = try Node.placeholder("labels", shape)
    let weights = try Node.placeholder("weights", shape)
    placeholders += [targets, labels, weights]
    guard let hidden, let table = values[outputs] else {
      throw GraphError("words", .setting("needs at least one input"))
    }
    let query = try hidden.reshaped(to: Shape([examples, 1, hidden.shape[1]]))
    var scores = try (table.gathering(targets) * query).sum(overAxes: [2])
    if let biases, let bias = values[biases] { scores = try scores + bias.gathering(targets) }
    let loss = try loss(of: scores, labels, weights)
    let trained = values.keys.sorted { $0.name < $1.name }
    let slopes = try gradients(of: loss, with: trained.compactMap { values[$0] })
    var updates: [Computation.Update] = []
    for (variable, slope) in zip(trained, slopes) {
      guard let value = values[variable] else { continue }
      updates += try self.updates(of: variable, value, slope, rate)
    }
    return Computation(inputs: placeholders, outputs: [loss], updates: updates)
  }

  /// The mean of rows `[examples, rows, size]`, whose derivative is that of their sum.
  private static func mean(
    of rows: Node, _ shares: Node, _ ones: Node
  ) throws(GraphError) -> Node {
    let shape = Shape(shares.shape.extents + [1])
    let mean = try (rows * shares.reshaped(to: shape)).sum(overAxes: [1])
    let sum = try (rows * ones.reshaped(to: shape)).sum(overAxes: [1])
    return try mean.stoppingGradient() + (sum - sum.stoppingGradient())
  }

  private func loss(
    of scores: Node, _ labels: Node, _ weights: Node
  ) throws(GraphError) -> Node {
    switch loss {
    case .negativeSampling, .hierarchicalSoftmax:
      return try (weights * (scores.softplus() - labels * scores)).sum()
    case .sampledSoftmax:
      // Targets that only fill the tensor up have no share of the softmax.
      let logarithms = try (scores + (weights - 1) * 1e30).logSoftmax()
      return try -1 * (labels * weights * logarithms).sum()
    }
  }

  private func updates(
    of variable: Variable, _ value: Node, _ slope: Node, _ rate: Node
  ) throws(GraphError) -> [Computation.Update] {
    guard loss == .sampledSoftmax else {
      return [.init(variable, to: try value - rate * slope)]
    }
    let slots = slots[variable] ?? RowwiseAdam.Slots(of: variable)
    self.slots[variable] = slots
    return try RowwiseAdam.updates(of: variable, value, slope, rate, slots)
  }
}
