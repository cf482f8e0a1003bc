import ApusGraph
import ApusKernels
import ApusTensors

extension Computation {
  /// The computation with random numbers made again by each chain that reads them, not kept between.
  ///
  /// A value is *drawn* where it depends on keys of random numbers and constants alone, through
  /// elementwise operations and broadcasts: a mask, or noise. What is drawn is a function of the key
  /// and costs less to make than to write and read; so the mask of a forward pass need not live until
  /// the backward pass. Values of other operations that read it, such as products, share one.
  func repeatingDraws() throws -> Computation {
    let drawn = drawnValues()
    let consumers = consumers()
    let results = Set(results)
    func isShared(_ value: Node) -> Bool {
      let readers = (consumers[value] ?? []).count { !drawn.contains($0) }
      return readers > 1 || readers == 1 && results.contains(value)
    }
    return try GraphRewriter.rewrite(self) { application, inputs in
      guard application.isFusable, !drawn.contains(application) else { return nil }
      var copies = Copies()
      let own = try zip(application.inputs, inputs).map { old, new in
        drawn.contains(old.application) && isShared(old) ? try copies.copy(of: new) : new
      }
      return own == inputs ? nil : try Application(application.operation, own).outputs
    }
  }

  /// The applications whose values are drawn.
  private func drawnValues() -> Set<Application> {
    var drawn: Set<Application> = []
    var fixed: Set<Application> = []
    for application in reachable(from: results) {
      if application.operation is Constant { fixed.insert(application) }
      guard application.isFusable || application.isView || application.operation is Broadcast
      else { continue }
      let sources = application.inputs.filter { $0.type != .randomKey }.map(\.application)
      guard sources.allSatisfy({ fixed.contains($0) || drawn.contains($0) }) else { continue }
      if application.operation.draws || sources.contains(where: drawn.contains) {
        drawn.insert(application)
      } else {
        fixed.insert(application)
      }
    }
    return drawn
  }
}

/// Copies of drawn values, down to keys and constants; one of each.
private struct Copies {
  private var copies: [Application: Application] = [:]

  mutating func copy(of node: Node) throws -> Node {
    let application = node.application
    guard !application.inputs.isEmpty else { return node }
    if let known = copies[application] { return known.outputs[node.index] }
    var inputs: [Node] = []
    for input in application.inputs {
      inputs.append(input.type == .randomKey ? input : try copy(of: input))
    }
    let copy = try Application(application.operation, inputs)
    copies[application] = copy
    return copy.outputs[node.index]
  }
}
