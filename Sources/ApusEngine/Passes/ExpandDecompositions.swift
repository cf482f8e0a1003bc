import ApusGraph

extension Computation {
  /// How often what a decomposition is made of is decomposed again, and up to how many applications.
  private static let (levels, applications) = (64, 10_000_000)

  /// The computation with the decomposition in place of each operation that `isMissing` a kernel, and in place
  /// of those that the decomposition brings.
  func expandingDecompositions(
    where isMissing: (Application) -> Bool
  ) throws -> Computation {
    var computation = self
    for _ in 0..<Self.levels {
      var isWhole = true
      computation = try GraphRewriter.rewrite(computation) { application, inputs in
        guard !application.isLeaf, isMissing(application),
          let outputs = try application.operation.decomposition(of: inputs)
        else { return nil }
        isWhole = false
        return outputs
      }
      if isWhole || reachable(from: computation.results).count > Self.applications { break }
    }
    return computation
  }
}

extension Application {
  /// Whether the value comes from outside: an input, a variable or a constant.
  var isLeaf: Bool {
    operation is Placeholder || operation is Constant || operation is VariableValue
  }
}
