import ApusGraph

extension Computation {
  /// The applications of `order` whose values stay the same from run to run, until somebody else
  /// changes a variable: those that depend on nothing but constants and variables that a run of this
  /// computation does not change.
  ///
  /// They are folded and converted filters of inference and of frozen layers. What depends on
  /// constants alone is among them only where such a value needs it, for it would be kept. A
  /// computation without inputs has none, so that running it computes.
  func steadyApplications(in order: [Application]) -> Set<Application> {
    guard !inputs.isEmpty else { return [] }
    let changed = Set(updates.map(\.variable))
    var fixed: Set<Application> = []
    var steady: [Application] = []
    var dependsOnVariable: Set<Application> = []
    for application in order {
      switch application.operation {
      case is Placeholder: continue
      case let read as VariableValue:
        guard !changed.contains(read.variable) else { continue }
        dependsOnVariable.insert(application)
      default:
        guard application.inputs.allSatisfy({ fixed.contains($0.application) }) else { continue }
        if application.inputs.contains(where: { dependsOnVariable.contains($0.application) }) {
          dependsOnVariable.insert(application)
          steady.append(application)
        }
      }
      fixed.insert(application)
    }
    return Set(reachable(from: steady.map { Node($0) }).filter { !$0.isLeaf })
  }
}
