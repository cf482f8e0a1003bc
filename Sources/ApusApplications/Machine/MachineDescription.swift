import ApusEngine

/// The machine a run was trained on.
public struct MachineDescription: Sendable, Hashable, Codable {
  /// The processor's own name.
  public var processor: String
  /// The processors that the process may use.
  public var cores: Int
  /// The instruction set of the engine's own kernels, such as `avx512`.
  public var instructionSet: String
  /// Whether the processor multiplies bfloat16 numbers faster than float32 ones.
  public var supportsBFloat16: Bool
  /// All memory, in bytes; 0 where the system does not say.
  public var memoryBytes: Int
  /// The operating system's name and version.
  public var system: String

  /// This machine.
  public static let current = MachineDescription(
    processor: SystemFiles.value(of: "model name", in: "/proc/cpuinfo")
      ?? SystemFiles.value(of: "Model", in: "/proc/cpuinfo") ?? "unknown",
    cores: Machine.coreCount, instructionSet: Machine.instructionSet,
    supportsBFloat16: Machine.supportsBFloat16,
    memoryBytes: SystemFiles.byteCount(of: "MemTotal", in: "/proc/meminfo") ?? 0,
    system: SystemFiles.value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=")?
      .filter { $0 != "\"" } ?? "Linux")
}
