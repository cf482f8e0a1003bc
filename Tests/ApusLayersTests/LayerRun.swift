import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors

/// What one call of a layer gave: its value, its parameters before and after.
struct LayerRun {
  let output: Tensor
  /// Parameters after the run, by name.
  let state: [String: Tensor]
  let names: [String]

  /// Runs `layer` on `input` in `Double`, with `weights` or else its initial parameters.
  init(
    _ layer: some Layer, on input: Tensor, for phase: Phase = .inference,
    weights: [String: Tensor] = [:], key: [Int64] = [7, 0], options: EngineOptions = .reference
  ) throws {
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let traced = try trace(layer, input: input.type, for: phase, registry: registry)
    for (variable, value) in registry.initialValues(seed: 1) {
      store[variable] = weights[variable.name] ?? value
    }
    let program = try Program(traced.computation, store: store, options: options)
    try program.run([input] + (traced.key == nil ? [] : [Tensor(key)]))
    output = program.output(0)
    names = registry.variables.map(\.name)
    state = Dictionary(
      uniqueKeysWithValues: registry.variables.map { ($0.name, store[$0]) })
  }
}

/// The names and shapes of a layer's parameters and the shape of its output.
func traced(
  _ layer: some Layer, _ input: Shape, for phase: Phase = .inference,
  _ dataType: DataType = .float32
) throws -> (output: Shape, parameters: [String: Shape]) {
  let registry = ParameterRegistry()
  let traced = try trace(
    layer, input: TensorType(input, dataType), for: phase, registry: registry)
  let shapes = registry.variables.map { ($0.name, $0.type.shape) }
  return (traced.output.shape, Dictionary(uniqueKeysWithValues: shapes))
}
