import ApusGraph
import ApusKernels
import ApusTensors

/// The addresses of everything a program reads and writes, except its inputs.
final class ProgramMemory {
  let outputs: [UnsafeMutableRawBufferPointer]
  private let store: VariableStore
  private let arena: Arena
  private let offsets: [Int]
  /// Keeps the constants' memory where it is.
  private var constants: [Node: Tensor] = [:]

  init(_ computation: Computation, store: VariableStore, arena: Arena, offsets: [Int]) {
    outputs = computation.outputs.map { .zeroed(byteCount: $0.type.byteCount) }
    self.store = store
    self.arena = arena
    self.offsets = offsets
    for application in reachable(from: computation.results) {
      guard let constant = application.operation as? Constant else { continue }
      constants[Node(application)] = constant.value
    }
  }

  deinit { for output in outputs { output.deallocate() } }

  /// An address that may be read, for operands that are set later.
  var anywhere: UnsafeMutableRawPointer { arena.memory }

  /// Where the bytes of `place` are; nil for an input, which is somewhere else each time.
  func address(of place: MemoryPlan.Place) -> UnsafeMutableRawPointer? {
    switch place {
    case .input: nil
    case .variable(let variable): store.bytes(of: variable).baseAddress
    case .constant(let node): constants[node].map { UnsafeMutableRawPointer(mutating: $0.memory) }
    case .output(let index): outputs[index].baseAddress
    case .arena(let buffer): arena.memory + offsets[buffer]
    }
  }

  /// Where the bytes of a place that is no input are.
  func knownAddress(of place: MemoryPlan.Place) -> UnsafeMutableRawPointer {
    guard let address = address(of: place) else {
      preconditionFailure("planner bug: \(place) has no address")
    }
    return address
  }
}

/// The pointers handed to the kernels, laid out once; only those to inputs change from run to run.
final class OperandTable {
  private let inputs: UnsafeMutableBufferPointer<UnsafeRawPointer>
  private let outputs: UnsafeMutableBufferPointer<UnsafeMutableRawPointer>
  private var inputStarts: [Int] = []
  private var outputStarts: [Int] = []
  private var scratch: [UnsafeMutableRawPointer] = []
  /// The entries of the table that point to the program's inputs.
  private var bindings: [(entry: Int, input: Int)] = []

  init(_ schedule: Schedule, _ plan: MemoryPlan, _ memory: ProgramMemory) {
    let nothing = UnsafeRawPointer(memory.anywhere)
    inputs = .allocate(capacity: schedule.steps.reduce(1) { $0 + $1.application.inputs.count })
    inputs.initialize(repeating: nothing)
    outputs = .allocate(capacity: schedule.steps.reduce(1) { $0 + $1.application.types.count })
    outputs.initialize(repeating: UnsafeMutableRawPointer(mutating: nothing))
    var entry = 0
    var exit = 0
    for (index, step) in schedule.steps.enumerated() {
      inputStarts.append(entry)
      outputStarts.append(exit)
      scratch.append(memory.knownAddress(of: .arena(buffer: plan.scratch[index])))
      for input in step.application.inputs {
        bind(input.base, at: entry, plan, memory)
        entry += 1
      }
      for output in step.application.outputs {
        if let place = plan.places[output] { outputs[exit] = memory.knownAddress(of: place) }
        exit += 1
      }
    }
  }

  deinit {
    inputs.deallocate()
    outputs.deallocate()
  }

  private func bind(_ node: Node, at entry: Int, _ plan: MemoryPlan, _ memory: ProgramMemory) {
    guard let place = plan.places[node] else {
      preconditionFailure("planner bug: \(node.operation) has no place")
    }
    if case .input(let index) = place {
      bindings.append((entry, index))
    } else {
      inputs[entry] = UnsafeRawPointer(memory.knownAddress(of: place))
    }
  }

  /// Points to the memory of these inputs, which must live as long as the run.
  func bind(_ tensors: [Tensor]) {
    for binding in bindings { inputs[binding.entry] = tensors[binding.input].memory }
  }

  func operands(of step: Int) -> KernelOperands {
    KernelOperands(
      inputs: UnsafePointer(inputs.baseAddress.unsafelyUnwrapped + inputStarts[step]),
      outputs: UnsafePointer(outputs.baseAddress.unsafelyUnwrapped + outputStarts[step]),
      scratch: scratch[step])
  }
}
