import ApusGraph
import ApusTensors

/// A function of tensors, traced into a graph once for each combination of input types and run from
/// then on.
///
/// Use from one thread at a time, and always from the same one: the engine's threads belong to it.
///
/// ```swift
/// let norm = Function { inputs throws(GraphError) in [try inputs[0].squared().sum()] }
/// let length = try norm(tensor)[0]
/// ```
public final class Function {
  /// The graph of the function's results for placeholders of the inputs' types.
  public typealias Body = ([Node]) throws -> [Node]

  private let body: Body
  private let store: VariableStore
  private let options: EngineOptions
  private var programs: [(types: [TensorType], program: Program)] = []

  /// How many combinations of input types stay planned; the one used longest ago is dropped first.
  public static let cachedPrograms = 16

  /// A function whose variables, if it has any, live in `store`.
  public init(
    store: VariableStore = VariableStore(), options: EngineOptions = EngineOptions(),
    _ body: @escaping Body
  ) {
    self.body = body
    self.store = store
    self.options = options
  }

  /// The results for these tensors.
  ///
  /// - Throws: `GraphError` from the body the first time a combination of types comes,
  ///   ``ProgramError`` from running.
  public func callAsFunction(_ tensors: Tensor...) throws -> [Tensor] {
    try callAsFunction(tensors)
  }

  /// The results for these tensors.
  public func callAsFunction(_ tensors: [Tensor]) throws -> [Tensor] {
    let program = try program(for: tensors.map(\.type))
    try program.run(tensors)
    return program.outputs()
  }

  private func program(for types: [TensorType]) throws -> Program {
    if let index = programs.firstIndex(where: { $0.types == types }) {
      let found = programs.remove(at: index)
      programs.append(found)
      return found.program
    }
    var inputs: [Node] = []
    for (index, type) in types.enumerated() {
      inputs.append(try Node.placeholder("input \(index)", type))
    }
    let computation = Computation(inputs: inputs, outputs: try body(inputs))
    let program = try Program(computation, store: store, options: options)
    if programs.count == Function.cachedPrograms { programs.removeFirst() }
    programs.append((types, program))
    return program
  }
}
