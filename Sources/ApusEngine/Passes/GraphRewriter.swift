import ApusGraph
import ApusTensors

/// Builds a computation anew, application by application, so that a rule can replace some of them.
///
/// Equal operations on equal inputs become one, and what no result needs disappears.
struct GraphRewriter {
  /// Gives the outputs that stand for `application`, whose inputs are now `inputs`, or nil to keep
  /// it.
  typealias Rule = (_ application: Application, _ inputs: [Node]) throws -> [Node]?

  private var replacements: [Node: Node] = [:]
  private var known: [Key: Application] = [:]

  private struct Key: Hashable {
    let operation: AnyHashable
    let inputs: [Node]
  }

  static func rewrite(_ computation: Computation, with rule: Rule) throws -> Computation {
    var rewriter = GraphRewriter()
    for application in reachable(from: computation.results) {
      try rewriter.add(application, rule)
    }
    return rewriter.replaced(computation)
  }

  private mutating func add(_ application: Application, _ rule: Rule) throws {
    let inputs = application.inputs.map { replacements[$0] ?? $0 }
    let outputs = try rule(application, inputs) ?? kept(application, inputs)
    for (old, new) in zip(application.outputs, outputs) { replacements[old] = new }
  }

  private mutating func kept(_ application: Application, _ inputs: [Node]) throws -> [Node] {
    if application.operation is Placeholder { return application.outputs }
    let key = Key(operation: AnyHashable(application.operation), inputs: inputs)
    if let present = known[key] { return present.outputs }
    let new = try Application(application.operation, inputs)
    known[key] = new
    return new.outputs
  }

  private func replaced(_ computation: Computation) -> Computation {
    Computation(
      inputs: computation.inputs,
      outputs: computation.outputs.map { replacements[$0] ?? $0 },
      updates: computation.updates.map {
        .init($0.variable, to: replacements[$0.value] ?? $0.value)
      })
  }
}

extension Computation {
  /// Every value that must exist after a run.
  var results: [Node] { outputs + updates.map(\.value) }

  /// For each value the applications that take it, in the order they run.
  func consumers() -> [Node: [Application]] {
    var consumers: [Node: [Application]] = [:]
    for application in reachable(from: results) {
      for input in Set(application.inputs) { consumers[input, default: []].append(application) }
    }
    return consumers
  }
}
