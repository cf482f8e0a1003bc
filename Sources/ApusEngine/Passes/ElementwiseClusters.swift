import ApusGraph
import ApusKernels
import ApusTensors

/// Groups of elementwise operations over the same number of elements, each to be run as one pass
/// over memory.
///
/// A group runs where its last member stood, so a member joins only if nobody outside needs an
/// earlier member before that. Reshapes change no element's position, so they do not end a group.
struct ElementwiseClusters {
  struct Cluster {
    var members: [Application]
    var last: Int
  }

  /// More than this makes no pass faster but programs slow to set up.
  private static let maximumMembers = 48
  /// The most values a cluster reads and gives: programs have places for 64.
  private static let maximumOperands = 60

  private(set) var clusters: [Int: Cluster] = [:]
  private(set) var clusterOf: [Application: Int] = [:]
  private let consumers: [Node: [Int]]

  init(_ computation: Computation, order: [Application]) {
    consumers = ElementwiseClusters.consumers(in: computation, order: order)
    for (position, application) in order.enumerated() where application.isFusable {
      add(application, at: position, order: order)
    }
  }

  /// The positions of the operations that read each value's memory; results are read after all of
  /// them.
  private static func consumers(
    in computation: Computation, order: [Application]
  ) -> [Node: [Int]] {
    var consumers: [Node: [Int]] = [:]
    for (position, application) in order.enumerated() where !application.isView {
      for input in application.inputs { consumers[input.base, default: []].append(position) }
    }
    for result in computation.results { consumers[result.base, default: []].append(order.count) }
    return consumers
  }

  private mutating func add(_ application: Application, at position: Int, order: [Application]) {
    var joined: [Int] = []
    var members = [application]
    for input in application.inputs {
      guard let cluster = clusterOf[input.base.application], !joined.contains(cluster),
        let candidate = clusters[cluster],
        candidate.members[0].types[0].count == application.types[0].count,
        candidate.members.count + members.count <= ElementwiseClusters.maximumMembers
      else { continue }
      let union = candidate.members + members
      guard isClosed(union, at: position, order: order),
        operandCount(of: union, order: order) <= ElementwiseClusters.maximumOperands
      else { continue }
      members = union
      joined.append(cluster)
    }
    for cluster in joined { clusters[cluster] = nil }
    clusters[position] = Cluster(
      members: members.sorted { $0.number < $1.number }, last: position)
    for member in members { clusterOf[member] = position }
  }

  /// Whether everybody outside reads the members' values only after `position`.
  private func isClosed(
    _ members: [Application], at position: Int, order: [Application]
  ) -> Bool {
    let inside = Set(members)
    return members.allSatisfy { member in
      member.outputs.allSatisfy { output in
        (consumers[output] ?? []).allSatisfy { reader in
          reader > position || (reader < order.count && inside.contains(order[reader]))
        }
      }
    }
  }

  /// The values that members read from outside, and those of theirs that are read outside.
  private func operandCount(of members: [Application], order: [Application]) -> Int {
    let inside = Set(members)
    let reads = Set(members.flatMap { $0.inputs.map(\.base) })
      .count { !inside.contains($0.application) }
    let results = members.count { member in
      (consumers[Node(member)] ?? []).contains { reader in
        reader == order.count || !inside.contains(order[reader])
      }
    }
    return reads + results
  }

  /// Whether a value of `cluster` is read by anybody else.
  func isReadOutside(_ output: Node, of cluster: Cluster, order: [Application]) -> Bool {
    (consumers[output] ?? []).contains { reader in
      reader == order.count || clusterOf[order[reader]] != cluster.last
    }
  }
}
