import CKernels
import Glibc

/// What the engine found on this machine.
public enum Machine {
  /// The processors this process may use.
  public static let coreCount: Int = {
    var set = cpu_set_t()
    guard sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &set) == 0 else {
      return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }
    return withUnsafeBytes(of: set) { $0.reduce(0) { $0 + $1.nonzeroBitCount } }
  }()

  /// The instruction set the engine's own kernels use, such as `avx512`.
  public static var instructionSet: String { String(cString: apus_isa_name()) }

  /// Whether the processor multiplies bfloat16 numbers itself.
  public static var supportsBFloat16: Bool { apus_cpu_has_bf16() }
}
