import ApusGraph
import ApusKernels

extension Computation {
  /// The computation as the engine runs it: simplified, in the wanted precision, fused.
  func lowered(for options: EngineOptions) throws -> Computation {
    var result = try simplified().foldingPadding().omittingSavedGates()
    result = try result.fusingBatchNormalization().fusingConvolutionChains(options.precision)
    result = try result.foldingIntoConvolutions()
    if options.precision == .bfloat16 {
      result = try result.holdingActivationsInBFloat16().withBFloat16Products()
    } else {
      result = try result.fusingSeparableConvolutions()
    }
    result = try result.expandingDecompositions { kernelTable[$0.operation.name] == nil }
    return try result.simplified().fusingElementwise()
  }
}
