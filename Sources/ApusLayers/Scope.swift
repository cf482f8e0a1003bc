import ApusGraph
import ApusTensors

/// Where a layer is called: the path of names, and what the trace knows.
///
/// The path is the first part of the names of parameters in checkpoints, summaries and errors:
/// `parameter("kernel", …)` in the scope `block1/conv` is `block1/conv/kernel`.
public struct Scope {
  /// The names from the root, joined by `/`; empty at the root.
  public let path: String
  /// Whether parameters are those made by an earlier call in a scope of the same path.
  public let reusesParameters: Bool
  /// Whether layers called here keep their weights and running statistics; see ``frozen``.
  public let isFrozen: Bool
  /// The probability that a weight asked for here is zero; see ``DropConnect``.
  let weightDropRate: Double
  /// Whether kernels asked for here have spectral norm one; see ``SpectralNorm``.
  let normalizesSpectra: Bool
  package let trace: Trace

  package init(
    path: String, reusesParameters: Bool, isFrozen: Bool = false, weightDropRate: Double = 0,
    normalizesSpectra: Bool = false, trace: Trace
  ) {
    self.path = path
    self.reusesParameters = reusesParameters
    self.isFrozen = isFrozen
    self.weightDropRate = weightDropRate
    self.normalizesSpectra = normalizesSpectra
    self.trace = trace
  }

  /// Whether the layer learns in this graph: in training, never in a frozen scope.
  public var isTraining: Bool { trace.phase == .training && !isFrozen }

  /// Whether running statistics are taken anew: batch normalization uses the batch's and records them, never in
  /// a frozen scope.
  public var takesStatistics: Bool { trace.phase == .statistics && !isFrozen }

  /// Whether dropout drops: in training and in sampling, never in a frozen scope.
  public var drops: Bool { (trace.phase == .training || trace.phase == .sampling) && !isFrozen }

  /// This scope for layers that are not trained: they compute as in inference, and their parameters
  /// are not among those that a step differentiates and updates.
  ///
  /// Scopes inside it are frozen too. ``Frozen`` calls a whole layer in such a scope.
  public var frozen: Scope {
    Scope(
      path: path, reusesParameters: reusesParameters, isFrozen: true,
      weightDropRate: weightDropRate, normalizesSpectra: normalizesSpectra, trace: trace)
  }

  /// This scope for layers whose weights are dropped with probability `rate`.
  func droppingWeights(_ rate: Double) -> Scope {
    Scope(
      path: path, reusesParameters: reusesParameters, isFrozen: isFrozen, weightDropRate: rate,
      normalizesSpectra: normalizesSpectra, trace: trace)
  }

  /// This scope for layers whose kernels have spectral norm one.
  var normalizingSpectra: Scope {
    Scope(
      path: path, reusesParameters: reusesParameters, isFrozen: isFrozen,
      weightDropRate: weightDropRate, normalizesSpectra: true, trace: trace)
  }

  /// The scope `name` inside this one.
  public func scope(_ name: String) -> Scope {
    Scope(
      path: fullName(name), reusesParameters: reusesParameters, isFrozen: isFrozen,
      weightDropRate: weightDropRate, normalizesSpectra: normalizesSpectra, trace: trace)
  }

  /// The scope `name` again, to apply the layers called there before to another value.
  ///
  /// Parameters are the ones of the earlier call; running statistics go on from its updates.
  public func reusing(_ name: String) -> Scope {
    Scope(
      path: fullName(name), reusesParameters: true, isFrozen: isFrozen,
      weightDropRate: weightDropRate, normalizesSpectra: normalizesSpectra, trace: trace)
  }

  /// The value of `layer` at `input`, called in the scope `name`.
  ///
  /// The call becomes a row of ``Summary``, and errors name the scope.
  public func apply(
    _ layer: some Layer, named name: String, to input: Node
  ) throws(GraphError) -> Node {
    let inner = scope(name)
    let mark = trace.summaryMark
    do throws(GraphError) {
      let output = try layer(input, in: inner)
      trace.addRow(name: inner.path, kind: layer.kind, output: output.type, since: mark)
      trace.record(output, of: inner.path)
      return output
    } catch {
      throw error.located(in: inner.path)
    }
  }

  /// The parameter `name` of this scope, made by the first call that asks for it.
  ///
  /// - Throws: ``GraphError`` where this trace has a parameter of that name already (unless the
  ///   scope reuses parameters), or the registry has one of another shape.
  public func parameter(
    _ name: String, _ shape: Shape, initializer: Initializer, isTrainable: Bool = true
  ) throws(GraphError) -> Node {
    var value = try trace.parameter(
      fullName(name), TensorType(shape), initializer: initializer, isTrainable: isTrainable,
      reuses: reusesParameters, isFrozen: isFrozen)
    guard isTrainable, shape.rank >= 2 else { return value }
    if normalizesSpectra {
      let kernel = value
      value = try trace.shared(fullName(name)) { () throws(GraphError) in
        try spectrallyNormalized(kernel, named: name)
      }
    }
    guard drops else { return value }
    // One mask a step, however often the layer is called in it.
    let whole = value
    return try trace.shared(fullName(name) + "/dropped") { () throws(GraphError) in
      try whole.dropped(weightDropRate, sharing: shape) { () throws(GraphError) in
        try randomStream()
      }
    }
  }

  /// Gives the running statistic `name` of this scope its value after the step.
  ///
  /// - Throws: ``GraphError`` where the scope is frozen, or has no such parameter, or one of another
  ///   type.
  public func update(_ name: String, to value: Node) throws(GraphError) {
    guard !isFrozen else {
      throw GraphError(fullName(name), .setting("is frozen and keeps its value, got an update"))
    }
    try trace.update(fullName(name), to: value)
  }

  /// The key of this step and a stream of random numbers that no other caller has.
  ///
  /// - Throws: ``GraphError`` where nothing drops (``drops``), in a frozen scope too.
  public func randomStream() throws(GraphError) -> (key: Node, stream: Int) {
    guard drops else {
      throw GraphError(path.isEmpty ? "randomStream" : path, .missing("the random key of a step"))
    }
    return try trace.nextRandomStream()
  }

  /// As ``randomStream()``, but also where the model predicts.
  func randomStreamOfAnyPhase() throws(GraphError) -> (key: Node, stream: Int) {
    try trace.nextRandomStream()
  }

  func fullName(_ name: String) -> String { path.isEmpty ? name : path + "/" + name }
}

extension GraphError {
  /// The error with the scope it happened in; itself where an inner scope is named already.
  fileprivate func located(in path: String) -> GraphError {
    guard !operation.hasPrefix(path) else { return self }
    return GraphError("\(path) (\(operation))", reason, operands)
  }
}
