import ApusJumpProcesses

/// The order in which assignments can be applied.
enum RuleOrder {
  /// Assignments that read each other in a circle.
  struct Circle: Error {
    var targets: [Int]

    /// What is wrong, for errors.
    func text(in network: ReactionNetwork) -> String {
      let names = (targets + targets.prefix(1)).map { network.quantities[$0].name }
      let shown = names.count > 9 ? names.prefix(8) + ["…"] : names[...]
      return "read each other in a circle: \(shown.joined(separator: " reads "))"
    }
  }

  /// The assignments, each after those whose targets it reads; of one target there is one.
  static func sorted(
    _ assignments: [ReactionNetwork.Assignment]
  ) throws(Circle) -> [ReactionNetwork.Assignment] {
    var places: [Int: Int] = [:]
    for (place, assignment) in assignments.enumerated() { places[assignment.target] = place }
    let reads = assignments.map { $0.value.quantities.compactMap { places[$0] }.sorted() }
    var state = [State](repeating: .new, count: assignments.count)
    var result: [ReactionNetwork.Assignment] = []
    for first in assignments.indices where state[first] == .new {
      // Depth first without recursion: what is open, and how many of its reads are done.
      var open = [(place: first, done: 0)]
      state[first] = .open
      while let (place, done) = open.last {
        guard done < reads[place].count else {
          state[place] = .done
          result.append(assignments[place])
          open.removeLast()
          continue
        }
        open[open.count - 1].done += 1
        let next = reads[place][done]
        if state[next] == .open {
          let circle = open.drop { $0.place != next }
          throw Circle(targets: circle.map { assignments[$0.place].target })
        }
        if state[next] == .new {
          state[next] = .open
          open.append((next, 0))
        }
      }
    }
    return result
  }

  private enum State { case new, open, done }
}
