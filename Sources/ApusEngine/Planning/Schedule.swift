import ApusGraph
import ApusKernels
import ApusTensors

/// The applications of a computation that compute something, in the order they run, each with its
/// kernel.
struct Schedule {
  struct Step {
    let application: Application
    let kernel: any PreparedKernel
  }

  let steps: [Step]
  /// How many of the first steps give the same values in every run, until somebody else changes a
  /// variable; see ``Computation/steadyApplications(in:)``.
  let steadyCount: Int
  /// The step that makes each value; values from outside have none.
  let producers: [Application: Int]

  init(_ computation: Computation, threads: Int) throws {
    var steps: [Step] = []
    var producers: [Application: Int] = [:]
    let order = reachable(from: computation.results).filter { !$0.isLeaf && !$0.isView }
    let steady = computation.steadyApplications(in: reachable(from: computation.results))
    let first = order.filter(steady.contains)
    for application in first + order.filter({ !steady.contains($0) }) {
      producers[application] = steps.count
      let kernel = try Schedule.kernel(for: application, threads: threads)
      steps.append(Step(application: application, kernel: kernel))
    }
    self.steps = steps
    steadyCount = first.count
    self.producers = producers
  }

  /// The first kernel of the table that takes the application's types.
  private static func kernel(
    for application: Application, threads: Int
  ) throws -> any PreparedKernel {
    let request = KernelRequest(
      operation: application.operation, inputs: application.inputs.map(\.type),
      outputs: application.types, threads: threads)
    for kernel in kernelTable[application.operation.name] ?? [] {
      if let prepared = try kernel.prepare(request) { return prepared }
    }
    throw ProgramError.noKernel(
      operation: application.operation.name, types: application.inputs.map(\.type))
  }
}

extension Application {
  /// Whether the output is the input's memory under another shape.
  var isView: Bool {
    operation is Reshape || operation is Broadcast && inputs[0].type.count == types[0].count
  }
}

extension Node {
  /// The value whose memory this one is a view of; itself where it has memory of its own.
  var base: Node { application.isView ? inputs[0].base : self }
}
