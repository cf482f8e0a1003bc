import CKernels

/// What the engine found on this machine.
public enum Machine {
  /// The processors this process may use.
  public static let coreCount = max(1, Int(apus_processor_count()))

  /// The instruction set the engine's own kernels use, such as `avx512`.
  public static var instructionSet: String { String(cString: apus_isa_name()) }

  /// Whether the processor multiplies bfloat16 numbers itself.
  public static var supportsBFloat16: Bool { apus_cpu_has_bf16() }
}
