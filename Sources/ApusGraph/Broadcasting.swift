import ApusTensors

extension Node {
  /// Both values broadcast to their common shape.
  package static func broadcastTogether(
    _ first: Node, _ second: Node, in operation: String
  ) throws(GraphError) -> (Node, Node) {
    guard let shape = first.shape.broadcast(with: second.shape) else {
      throw GraphError(
        operation, .shapesDiffer(first.shape, second.shape),
        [.init(name: "first", type: first.type), .init(name: "second", type: second.type)])
    }
    return (try first.broadcast(to: shape), try second.broadcast(to: shape))
  }
}
