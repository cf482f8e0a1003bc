import CKernels

/// What the engine found on this machine.
public enum Machine {
  /// The processors this process may use.
  public static let coreCount = max(1, Int(apus_processor_count()))

  /// The instruction set the engine's own kernels use, such as `avx512`.
  public static var instructionSet: String { String(cString: apus_isa_name()) }

  /// The instruction sets that the engine's own kernels can use here, by the names that `APUS_ISA` takes.
  package static var instructionSets: [String] {
    (0..<apus_isa_count()).map { String(cString: apus_isa_name_at($0)) }
  }

  /// Why the instruction set that `APUS_ISA` asks for is not used, as a sentence; nil where nothing is wrong.
  public static var instructionSetProblem: String? {
    apus_isa_problem().map { String(cString: $0) }
  }

  /// Whether bfloat16 numbers are multiplied by instructions of their own that are faster than float32's.
  public static var supportsBFloat16: Bool { apus_has_bfloat16() }
}
