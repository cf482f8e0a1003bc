import ApusGraph
import ApusTensors

/// A computation planned for one engine: (state, inputs) → (state, outputs), any number of times.
///
/// Use from one thread at a time, and always from the same one: the engine's threads belong to it.
public final class Program {
  private let executable: any Executable
  private let inputTypes: [TensorType]
  private let inputLabels: [String]
  /// The type of each output.
  public let outputTypes: [TensorType]

  /// Plans `computation`; its variables live in `store`.
  ///
  /// - Throws: ``ProgramError`` where an operation has no kernel, where a result depends on an input
  ///   that `computation` does not list, or where an update has another type than its variable or a
  ///   variable has two; `GraphError` where a pass fails.
  public init(
    _ computation: Computation, store: VariableStore = VariableStore(),
    options: EngineOptions = EngineOptions()
  ) throws {
    try computation.check()
    inputTypes = computation.inputs.map(\.type)
    inputLabels = computation.inputs.map { ($0.operation as? Placeholder)?.label ?? "" }
    outputTypes = computation.outputs.map(\.type)
    executable =
      switch options.mode {
      case .fast: try PlannedProgram(computation, store: store, options: options)
      case .reference: try ReferenceInterpreter(computation, store: store)
      }
  }

  /// How many tensors a run takes.
  package var inputCount: Int { inputTypes.count }

  /// Runs once: updates the variables in place and leaves the outputs to be read until the next
  /// run.
  public func run(_ inputs: [Tensor]) throws(ProgramError) {
    guard inputs.count == inputTypes.count else {
      throw .inputCount(expected: inputTypes.count, actual: inputs.count)
    }
    for index in inputs.indices
    where !executable.accepts(inputs[index].type, for: inputTypes[index]) {
      throw .inputType(
        label: inputLabels[index], expected: inputTypes[index], actual: inputs[index].type)
    }
    try executable.run(inputs)
  }

  /// A copy of one output of the last run.
  public func output(_ index: Int) -> Tensor { executable.output(index) }

  /// The first element of one output of the last run; NaN where it has none.
  public func scalar(_ index: Int) -> Double {
    outputTypes[index].count > 0 ? executable.scalar(index) : .nan
  }

  /// Copies of all outputs of the last run.
  public func outputs() -> [Tensor] { outputTypes.indices.map(executable.output) }

  /// What was planned, and the time of each operation where the options ask for it.
  public var profile: Profile { executable.profile }
}

extension Computation {
  /// Checks what no engine could run.
  fileprivate func check() throws(ProgramError) {
    var updated: Set<Variable> = []
    for update in updates {
      let variable = update.variable
      guard update.value.type == variable.type else {
        throw .updateType(
          variable: variable.name, expected: variable.type, actual: update.value.type)
      }
      guard updated.insert(variable).inserted else { throw .twoUpdates(variable: variable.name) }
    }
    var listed: Set<Application> = []
    for input in inputs {
      guard let placeholder = input.operation as? Placeholder else {
        throw .computedInput(operation: type(of: input.operation).name)
      }
      guard listed.insert(input.application).inserted else {
        throw .twoInputs(label: placeholder.label)
      }
    }
    for application in reachable(from: results) where !listed.contains(application) {
      guard let input = application.operation as? Placeholder else { continue }
      throw .unlistedInput(label: input.label)
    }
  }
}

/// What an engine makes of a computation.
protocol Executable: AnyObject {
  func accepts(_ type: TensorType, for expected: TensorType) -> Bool
  func run(_ inputs: [Tensor]) throws(ProgramError)
  func output(_ index: Int) -> Tensor
  func scalar(_ index: Int) -> Double
  var profile: Profile { get }
}
