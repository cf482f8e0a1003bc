import ApusGraph
import ApusTensors

/// Where every value of a program lives.
///
/// Values from outside stay where they are, new values of variables are written over the old ones
/// where nothing reads these any more, results have memory of their own, and all else shares one
/// arena.
struct MemoryPlan {
  /// Where the bytes of a value are while the program runs.
  enum Place: Hashable {
    case input(Int)
    case variable(Variable)
    case constant(Node)
    case output(Int)
    case arena(buffer: Int)
  }

  /// A result that its producer cannot write in place: copied after the last step.
  struct Copy {
    let source: Place
    let target: Place
    let byteCount: Int
  }

  private(set) var places: [Node: Place] = [:]
  /// The arena buffer that each step may use as scratch.
  private(set) var scratch: [Int] = []
  private(set) var copies: [Copy] = []
  private(set) var buffers: [ArenaBuffer] = []

  private let computation: Computation
  private let schedule: Schedule
  /// The last step that reads each value; `schedule.steps.count` stands for the copies at the end.
  private var lastReads: [Node: Int] = [:]

  init(_ computation: Computation, _ schedule: Schedule) {
    self.computation = computation
    self.schedule = schedule
    collectReads()
    placeLeaves()
    placeOutputs()
    placeUpdates()
    for step in schedule.steps.indices { placeStep(step) }
    collectCopies()
  }

  private var end: Int { schedule.steps.count }

  private mutating func collectReads() {
    for (index, step) in schedule.steps.enumerated() {
      for input in step.application.inputs { lastReads[input.base] = index }
    }
    // What runs read that do not make it again is never overwritten.
    for step in schedule.steps.prefix(schedule.steadyCount) {
      for output in step.application.outputs {
        guard let last = lastReads[output], last >= schedule.steadyCount else { continue }
        lastReads[output] = end
      }
    }
  }

  private mutating func placeLeaves() {
    for (index, input) in computation.inputs.enumerated() { places[input] = .input(index) }
    for application in reachable(from: computation.results) where application.isLeaf {
      let node = Node(application)
      switch application.operation {
      case let read as VariableValue: places[node] = .variable(read.variable)
      case is Constant: places[node] = .constant(node)
      default:
        precondition(places[node] != nil, "planner bug: \(application.operation) is no input")
      }
    }
  }

  private mutating func placeOutputs() {
    for (index, output) in computation.outputs.enumerated() {
      if places[output.base] == nil {
        places[output.base] = .output(index)
      } else {
        lastReads[output.base] = end
      }
    }
  }

  private mutating func placeUpdates() {
    let held = Set(
      computation.updates.map(\.value.base).filter { places[$0] != nil })
    for node in held { lastReads[node] = end }
    for update in computation.updates where places[update.value.base] == nil {
      if canOverwrite(update.variable, with: update.value.base) {
        places[update.value.base] = .variable(update.variable)
      } else {
        lastReads[update.value.base] = end
      }
    }
  }

  /// Whether no step reads the old value of `variable` after the step that makes `value`.
  private func canOverwrite(_ variable: Variable, with value: Node) -> Bool {
    guard let producer = schedule.producers[value.application] else { return false }
    for (node, place) in places where place == .variable(variable) {
      guard let last = lastReads[node], last >= producer else { continue }
      guard last == producer, aliases(node, value, in: producer) else { return false }
    }
    return true
  }

  /// Whether `step` may write `output` over `input`.
  private func aliases(_ input: Node, _ output: Node, in step: Int) -> Bool {
    let inputs = schedule.steps[step].application.inputs
    guard inputs.count(where: { $0.base == input }) == 1,
      let position = inputs.firstIndex(where: { $0.base == input })
    else { return false }
    return schedule.steps[step].kernel.aliasableOperands.contains {
      $0.input == position && $0.output == output.index
    }
  }

  private mutating func placeStep(_ index: Int) {
    let step = schedule.steps[index]
    var taken: Set<Int> = []
    for output in step.application.outputs where places[output] == nil {
      let last = max(lastReads[output] ?? index, index)
      if let buffer = reusableBuffer(for: output, in: index, except: taken) {
        taken.insert(buffer)
        buffers[buffer].lastStep = last
        places[output] = .arena(buffer: buffer)
      } else {
        places[output] = .arena(buffer: addBuffer(output.type.byteCount, from: index, to: last))
      }
    }
    scratch.append(addBuffer(step.kernel.scratchByteCount, from: index, to: index))
  }

  private mutating func addBuffer(_ byteCount: Int, from first: Int, to last: Int) -> Int {
    buffers.append(ArenaBuffer(byteCount: byteCount, firstStep: first, lastStep: last))
    return buffers.count - 1
  }

  /// The buffer of an input that dies in this step and may be overwritten by `output`.
  private func reusableBuffer(for output: Node, in index: Int, except taken: Set<Int>) -> Int? {
    for input in schedule.steps[index].application.inputs {
      guard case .arena(let buffer) = places[input.base], !taken.contains(buffer),
        buffers[buffer].lastStep == index, buffers[buffer].byteCount >= output.type.byteCount,
        aliases(input.base, output, in: index)
      else { continue }
      return buffer
    }
    return nil
  }

  private mutating func collectCopies() {
    for (index, output) in computation.outputs.enumerated() {
      copy(output.base, to: .output(index))
    }
    // Values of variables are set aside first, so that every update sees the values from before the
    // run.
    var late: [Copy] = []
    for update in computation.updates {
      let source = update.value.base
      guard case .variable(let other) = places[source], other != update.variable,
        source.application.operation is VariableValue
      else {
        late += makeCopy(source, to: .variable(update.variable))
        continue
      }
      let aside = Place.arena(buffer: addBuffer(source.type.byteCount, from: end, to: end))
      copies += makeCopy(source, to: aside)
      late.append(
        Copy(source: aside, target: .variable(update.variable), byteCount: source.type.byteCount))
    }
    copies += late
  }

  private mutating func copy(_ source: Node, to target: Place) {
    copies += makeCopy(source, to: target)
  }

  private func makeCopy(_ source: Node, to target: Place) -> [Copy] {
    guard let place = places[source], place != target else { return [] }
    return [Copy(source: place, target: target, byteCount: source.type.byteCount)]
  }
}
