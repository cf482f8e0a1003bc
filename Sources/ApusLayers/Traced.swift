import ApusGraph
import ApusTensors

/// A model traced for one type of input.
public struct Traced {
  /// The placeholder of the input.
  public let input: Node
  public let output: Node
  /// What a step does to running statistics.
  public let updates: [Computation.Update]
  /// The placeholder of the random key, int64 `[2]` (seed, step); nil where nothing is random.
  public let key: Node?
  /// The parameters the graph reads, in the order the layers asked for them.
  public let parameters: [(variable: Variable, value: Node)]

  /// The graph as something to run; its inputs are the input and, where there is one, the key.
  public var computation: Computation {
    Computation(inputs: [input] + (key.map { [$0] } ?? []), outputs: [output], updates: updates)
  }
}

/// The graph of `model` for inputs of one type.
///
/// - Throws: ``GraphError`` naming the layer that cannot take its input.
public func trace(
  _ model: some Layer, input type: TensorType, for phase: Phase, registry: ParameterRegistry
) throws(GraphError) -> Traced {
  let trace = Trace(for: phase, registry: registry)
  let input = try Node.placeholder("input", type)
  let output = try model(input, in: trace.root)
  return Traced(
    input: input, output: output, updates: trace.updates, key: trace.key,
    parameters: trace.parameters)
}
