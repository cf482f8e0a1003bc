import ApusGraph
import ApusTensors

/// What a model is traced for.
public enum Phase: Sendable, Hashable {
  /// Dropout drops, batch normalization uses the batch's statistics and moves the running ones.
  case training
  /// As inference, but batch normalization uses the batch's statistics and records them for those that are
  /// taken anew.
  case statistics
  /// The model as it predicts.
  case inference
  /// As inference, but dropout drops: each run is a draw of the model, as in Monte-Carlo dropout.
  case sampling
}

/// What the layers of one graph share: parameters, updates of running statistics, the random key.
public final class Trace {
  public let phase: Phase
  private let registry: ParameterRegistry
  private let substitutes: [Variable: Node]
  private var nodes: [String: Node] = [:]
  private var parameterOrder: [(variable: Variable, value: Node)] = []
  /// The parameters that some layer asked for in a scope that is not frozen.
  private var thawed: Set<Variable> = []
  private var newValues: [Variable: Node] = [:]
  private var updateOrder: [Variable] = []
  /// What batch normalization makes of the batch in ``Phase/statistics``, call by call.
  package private(set) var moments: [BatchMoments] = []
  /// What each named layer gave, by the path of its name; that of the last call where there were several.
  package private(set) var outputs: [String: Node] = [:]
  /// What was computed of parameters once for all calls that use them.
  private var derived: [String: Node] = [:]
  private var streamCount = 0
  private(set) var rows: [SummaryRow] = []
  private var elementCount = 0

  /// The random key of the step, int64 `[2]` (seed, step); nil where no layer asked for randomness.
  public private(set) var key: Node?

  /// Starts a trace.
  ///
  /// - Parameters:
  ///   - substitutes: nodes to take in place of the parameters' own values, such as averaged weights.
  ///   - key: the random key, where another trace of the same graph has made it already.
  public init(
    for phase: Phase, registry: ParameterRegistry,
    substituting substitutes: [Variable: Node] = [:], key: Node? = nil
  ) {
    self.phase = phase
    self.registry = registry
    self.substitutes = substitutes
    self.key = key
  }

  /// The scope that models are called in.
  public var root: Scope { Scope(path: "", reusesParameters: false, trace: self) }

  /// The parameters this graph reads, in the order the layers asked for them.
  public var parameters: [(variable: Variable, value: Node)] { parameterOrder }

  /// The parameters that a step differentiates and updates: trainable ones that a scope which is not
  /// frozen asked for.
  public var trainedParameters: [(variable: Variable, value: Node)] {
    parameterOrder.filter { $0.variable.isTrainable && thawed.contains($0.variable) }
  }

  /// What a step does to running statistics.
  public var updates: [Computation.Update] {
    updateOrder.compactMap { variable in
      newValues[variable].map { Computation.Update(variable, to: $0) }
    }
  }

  func parameter(
    _ name: String, _ type: TensorType, initializer: Initializer, isTrainable: Bool, reuses: Bool,
    isFrozen: Bool
  ) throws(GraphError) -> Node {
    defer {
      if !isFrozen, let variable = registry.variable(named: name) { thawed.insert(variable) }
    }
    if let node = nodes[name] {
      guard reuses else { throw GraphError(name, .nameTaken(name)) }
      guard node.type == type else {
        throw GraphError(name, .shapesDiffer(node.shape, type.shape))
      }
      return registry.variable(named: name).flatMap { newValues[$0] } ?? node
    }
    guard !reuses else { throw GraphError(name, .missing("an earlier call that made \(name)")) }
    let variable = try registry.variable(
      name, type, initializer: initializer, isTrainable: isTrainable)
    let substitute = substitutes[variable]
    let node = if let substitute { substitute } else { try Node.value(of: variable) }
    nodes[name] = node
    parameterOrder.append((variable, node))
    elementCount += type.count
    return node
  }

  /// What `make` computes of the parameter `name`; later calls are given the same.
  func shared(
    _ name: String, _ make: () throws(GraphError) -> Node
  ) throws(GraphError) -> Node {
    if let node = derived[name] { return node }
    let node = try make()
    derived[name] = node
    return node
  }

  func update(_ name: String, to value: Node) throws(GraphError) {
    let variable = try statistic(name, like: value)
    if newValues.updateValue(value, forKey: variable) == nil { updateOrder.append(variable) }
  }

  func record(_ output: Node, of path: String) { outputs[path] = output }

  func record(_ batch: BatchMoments) { moments.append(batch) }

  /// The variable of this name, which must have been asked for and have the type of `value`.
  func statistic(_ name: String, like value: Node) throws(GraphError) -> Variable {
    guard let node = nodes[name], let variable = registry.variable(named: name) else {
      throw GraphError(name, .missing("the parameter \(name)"))
    }
    guard node.type == value.type else {
      throw GraphError(name, .shapesDiffer(node.shape, value.shape))
    }
    return variable
  }

  func nextRandomStream() throws(GraphError) -> (key: Node, stream: Int) {
    let stream = streamCount
    streamCount += 1
    if let key { return (key, stream) }
    let made = try Node.placeholder("random key", .randomKey)
    key = made
    return (made, stream)
  }
}

extension Trace {
  /// Where the summary stood before a call.
  struct SummaryMark {
    let rows: Int
    let elements: Int
  }

  var summaryMark: SummaryMark { SummaryMark(rows: rows.count, elements: elementCount) }

  /// Adds the row of a call; layers made only of named layers are not repeated.
  func addRow(name: String, kind: String, output: TensorType, since mark: SummaryMark) {
    let inner = rows[mark.rows...]
    let own = elementCount - mark.elements - inner.reduce(0) { $0 + $1.parameterCount }
    guard inner.isEmpty || own > 0 else { return }
    rows.append(
      SummaryRow(name: name, kind: kind, outputShape: output.shape, parameterCount: own))
  }
}
