import ApusGraph
import ApusKernels
import ApusTensors

/// Runs a computation operation by operation in `Double`: slow, plain, and what fast programs are
/// held to.
final class ReferenceInterpreter: Executable {
  private let computation: Computation
  private let order: [Application]
  private let store: VariableStore
  private var values: [Node: ReferenceValue] = [:]
  private var runs = 0

  init(_ computation: Computation, store: VariableStore) throws {
    self.computation = try computation.expandingDecompositions { application in
      referenceKernel(for: application.operation.name) == nil
    }
    self.store = store
    order = reachable(from: self.computation.results)
  }

  /// Any numbers of the right shape: they are widened to `Double`.
  func accepts(_ type: TensorType, for expected: TensorType) -> Bool {
    type.shape == expected.shape
  }

  func run(_ inputs: [Tensor]) throws(ProgramError) {
    values = [:]
    for (node, tensor) in zip(computation.inputs, inputs) {
      values[node] = ReferenceValue(tensor.doubles, shape: tensor.shape)
    }
    for application in order { try evaluate(application) }
    for update in computation.updates {
      guard let value = values[update.value] else { continue }
      store[update.variable] = value.tensor(update.variable.type.dataType)
    }
    runs += 1
  }

  func output(_ index: Int) -> Tensor {
    let dataType = computation.outputs[index].dataType
    return value(index).tensor(dataType.isFloatingPoint ? .float64 : dataType)
  }

  func scalar(_ index: Int) -> Double { value(index).values[0] }

  var profile: Profile { Profile(operations: [], arenaByteCount: 0, runs: runs) }

  private func value(_ index: Int) -> ReferenceValue {
    guard let value = values[computation.outputs[index]] else {
      preconditionFailure("output \(index) is read before the first run")
    }
    return value
  }

  private func evaluate(_ application: Application) throws(ProgramError) {
    switch application.operation {
    case is Placeholder: return
    case let constant as Constant:
      values[Node(application)] = ReferenceValue(
        constant.value.doubles, shape: constant.value.shape)
    case let read as VariableValue:
      values[Node(application)] = ReferenceValue(
        store[read.variable].doubles, shape: read.variable.type.shape)
    default: try compute(application)
    }
  }

  private func compute(_ application: Application) throws(ProgramError) {
    let inputs = application.inputs.compactMap { values[$0]?.operand }
    let outputs = application.types.map { ReferenceValue(shape: $0.shape) }
    guard let kernel = referenceKernel(for: application.operation.name),
      inputs.count == application.inputs.count
    else {
      throw .noKernel(
        operation: application.operation.name, types: application.inputs.map(\.type))
    }
    do {
      try kernel.run(application.operation, inputs: inputs, outputs: outputs.map(\.operand))
    } catch {
      throw .operand(operation: error.operation, message: error.message)
    }
    for (index, value) in outputs.enumerated() { values[Node(application, index: index)] = value }
  }
}

/// The elements of one value as `Double`.
private final class ReferenceValue {
  let shape: Shape
  let values: UnsafeMutableBufferPointer<Double>

  init(shape: Shape) {
    self.shape = shape
    values = .allocate(capacity: shape.count)
    values.initialize(repeating: 0)
  }

  convenience init(_ numbers: [Double], shape: Shape) {
    self.init(shape: shape)
    _ = values.update(fromContentsOf: numbers)
  }

  deinit { values.deallocate() }

  var operand: ReferenceOperand { ReferenceOperand(shape: shape, values: values) }

  func tensor(_ dataType: DataType) -> Tensor {
    Tensor(TensorType(shape, dataType)) { bytes in
      guard let memory = bytes.baseAddress else { return }
      narrow(values, to: dataType, into: memory)
    }
  }
}
