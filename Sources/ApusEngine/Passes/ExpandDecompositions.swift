import ApusGraph

extension Computation {
  /// The computation with the decomposition in place of each operation that `isMissing` a kernel.
  func expandingDecompositions(
    where isMissing: (Application) -> Bool
  ) throws -> Computation {
    try GraphRewriter.rewrite(self) { application, inputs in
      guard !application.isLeaf, isMissing(application) else { return nil }
      return try application.operation.decomposition(of: inputs)
    }
  }
}

extension Application {
  /// Whether the value comes from outside: an input, a variable or a constant.
  var isLeaf: Bool {
    operation is Placeholder || operation is Constant || operation is VariableValue
  }
}
