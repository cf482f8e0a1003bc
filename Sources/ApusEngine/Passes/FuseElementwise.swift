import ApusGraph
import ApusKernels
import ApusTensors

extension Computation {
  /// The computation with each group of elementwise operations as one ``FusedElementwise``.
  func fusingElementwise() throws -> Computation {
    try repeatingDraws().fusingChains()
  }

  private func fusingChains() throws -> Computation {
    let order = reachable(from: results)
    let clusters = ElementwiseClusters(self, order: order)
    var fusion = ElementwiseFusion(clusters: clusters, order: order)
    for application in order { try fusion.add(application) }
    return Computation(
      inputs: inputs, outputs: try fusion.replacements(of: outputs),
      updates: try updates.map { .init($0.variable, to: try fusion.replacement(of: $0.value)) })
  }
}

/// Builds the computation anew with one application for each cluster, where its last member stood.
///
/// Views follow their values: one is made where somebody needs it, never before its value has its
/// new place.
private struct ElementwiseFusion {
  let clusters: ElementwiseClusters
  let order: [Application]
  private var known: [Node: Node] = [:]

  init(clusters: ElementwiseClusters, order: [Application]) {
    self.clusters = clusters
    self.order = order
  }

  mutating func add(_ application: Application) throws {
    if let number = clusters.clusterOf[application], let cluster = clusters.clusters[number] {
      if application === cluster.members.last { try fuse(cluster) }
    } else if !(application.operation is Placeholder), !application.isView {
      let inputs = try replacements(of: application.inputs)
      let new = try Application(application.operation, inputs)
      for (old, new) in zip(application.outputs, new.outputs) { known[old] = new }
    }
  }

  /// What stands for `node` in the new computation.
  mutating func replacement(of node: Node) throws -> Node {
    if let known = known[node] { return known }
    guard node.application.isView else { return node }
    let view = try replacement(of: node.inputs[0]).reshaped(to: node.shape)
    known[node] = view
    return view
  }

  mutating func replacements(of nodes: [Node]) throws -> [Node] {
    var result: [Node] = []
    for node in nodes { result.append(try replacement(of: node)) }
    return result
  }

  private mutating func fuse(_ cluster: ElementwiseClusters.Cluster) throws {
    let shape = order[cluster.last].types[0].shape
    var program = ClusterProgram(shape: shape, members: Set(cluster.members))
    for member in cluster.members { program.add(member) }
    let outputs = cluster.members.map { Node($0) }.filter {
      clusters.isReadOutside($0, of: cluster, order: order)
    }
    for output in outputs { program.store(output) }
    let fused = try Application(program.operation, try replacements(of: program.inputs))
    for (old, new) in zip(outputs, fused.outputs) {
      known[old] = try new.reshaped(to: old.shape)
    }
  }
}

/// The elementwise program of one cluster, and the values it reads.
private struct ClusterProgram {
  private(set) var inputs: [Node] = []
  private var builder: ElementwiseProgramBuilder
  private let members: Set<Application>
  private var values: [Node: ElementwiseProgramBuilder.Value] = [:]
  private var reads: [Read: ElementwiseProgramBuilder.Value] = [:]

  private struct Read: Hashable {
    let node: Node
    let mode: FusedElementwise.Mode
  }

  init(shape: Shape, members: Set<Application>) {
    builder = ElementwiseProgramBuilder(shape: shape)
    self.members = members
  }

  var operation: FusedElementwise { builder.operation }

  mutating func add(_ member: Application) {
    let operands = member.inputs.map { operand($0) }
    guard let value = builder.apply(member.operation, to: operands) else {
      preconditionFailure("fusion bug: \(member.operation) is not elementwise")
    }
    values[Node(member)] = value
  }

  mutating func store(_ output: Node) {
    guard let value = values[output] else {
      preconditionFailure("fusion bug: \(output.operation) is in no cluster")
    }
    builder.store(value, as: output.dataType)
  }

  private mutating func operand(_ node: Node) -> ElementwiseProgramBuilder.Value {
    if node.type == .randomKey { return read(node, .key) }
    let base = node.base
    if let value = values[base] { return value }
    guard let broadcast = base.operation as? Broadcast,
      let mode = broadcast.readingMode(of: base.inputs[0].shape)
    else { return number(base) ?? read(base, .full) }
    let source = base.inputs[0].base
    return number(source) ?? read(base.inputs[0], mode)
  }

  /// The immediate number of a constant with one element.
  private func number(_ node: Node) -> ElementwiseProgramBuilder.Value? {
    guard let constant = node.operation as? Constant, constant.value.count == 1 else { return nil }
    return .number(Float(constant.value.doubles[0]))
  }

  private mutating func read(
    _ node: Node, _ mode: FusedElementwise.Mode
  ) -> ElementwiseProgramBuilder.Value {
    let read = Read(node: node, mode: mode)
    if let known = reads[read] { return known }
    let value = builder.input(mode)
    inputs.append(node)
    reads[read] = value
    return value
  }
}

extension Application {
  /// Whether the operation can be a step of an elementwise program.
  var isFusable: Bool {
    types.count == 1
      && ElementwiseProgramBuilder.accepts(operation, inputs: inputs.map(\.type), output: types[0])
  }
}

extension Broadcast {
  /// How a pass over the broadcast's elements reads them from the source itself; nil where no mode
  /// does.
  ///
  /// An axis is kept (same extent) or repeated (extent 1 in the source). Repeated axes before kept
  /// ones are rows that start over, repeated ones behind are single numbers held for a row.
  fileprivate func readingMode(of source: Shape) -> FusedElementwise.Mode? {
    let padded = Array(repeating: 1, count: shape.rank - source.rank) + source.extents
    let axes = shape.extents.indices.filter { shape[$0] != 1 }
    let isKept = axes.map { padded[$0] == shape[$0] }
    guard let first = isKept.firstIndex(of: true), let last = isKept.lastIndex(of: true) else {
      return .scalar
    }
    guard isKept[first...last].allSatisfy({ $0 }) else { return nil }
    if first == 0 && last == isKept.count - 1 { return .full }
    if last == isKept.count - 1 { return .channel(inner: source.count) }
    guard first == 0, shape.count > 0, source.count > 0 else { return nil }
    return .repeated(inner: shape.count / source.count)
  }
}
