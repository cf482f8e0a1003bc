import ApusGraph

extension Computation {
  /// The computation whose LSTMs keep their cells and gates only where a derivative reads them.
  func omittingSavedGates() throws -> Computation {
    let consumers = consumers()
    let results = Set(results)
    return try GraphRewriter.rewrite(self) { application, inputs in
      guard var sequence = application.operation as? LSTMSequence, sequence.keepsGates,
        application.outputs[3...].allSatisfy({ consumers[$0] == nil && !results.contains($0) })
      else { return nil }
      sequence.keepsGates = false
      return try Application(sequence, inputs).outputs
    }
  }
}
