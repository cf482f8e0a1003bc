import ApusGraph
import ApusTensors

/// Operands that cannot be taken: the reason a program matches and the sentence a person reads.
struct Refusal: Sendable, CustomStringConvertible {
  let description: String
  let types: [TensorType]
  let reason: GraphError.Reason
  let sentence: String
  let build: @Sendable ([Node]) throws -> Any

  /// A refusal of float32 operands of these shapes.
  init(
    _ description: String, _ shapes: [Shape], _ reason: GraphError.Reason, _ sentence: String,
    _ build: @escaping @Sendable ([Node]) throws -> Any
  ) {
    self.init(description, types: shapes.map { TensorType($0) }, reason, sentence, build)
  }

  init(
    _ description: String, types: [TensorType], _ reason: GraphError.Reason, _ sentence: String,
    _ build: @escaping @Sendable ([Node]) throws -> Any
  ) {
    self.description = description
    self.types = types
    self.reason = reason
    self.sentence = sentence
    self.build = build
  }
}

/// Placeholders of these types.
func placeholders(_ types: [TensorType]) throws -> [Node] {
  var nodes: [Node] = []
  for type in types { nodes.append(try .placeholder("x", type)) }
  return nodes
}

/// Placeholders of float32 and these shapes.
func placeholders(_ shapes: Shape...) throws -> [Node] {
  try placeholders(shapes.map { TensorType($0) })
}
