/// How numbers are multiplied: everything in fp32, or the operands of products rounded to bfloat16.
public enum Precision: String, Sendable, Codable, CaseIterable {
  case float32
  /// Products take bfloat16 operands and sum in fp32; weights, statistics, losses and optimizers
  /// stay fp32. In inference and in frozen layers values between convolutions are held as bfloat16.
  case bfloat16
}

/// How a program is planned and run.
public struct EngineOptions: Sendable, Hashable {
  /// The threads that share each operation; results are the same bits for the same number.
  public var threads: Int
  public var precision: Precision
  public var mode: Mode
  /// Whether each operation is timed.
  public var profiles: Bool

  public enum Mode: Sendable, Hashable {
    /// Fast kernels, fused operations, one arena.
    case fast
    /// Plain loops over `Double`, operation by operation: the definition that `fast` is held to.
    case reference
  }

  private static let threadLimit = 1024

  /// Options for fast runs on all cores unless said otherwise; of at most 1024 threads.
  public init(
    threads: Int = Machine.coreCount, precision: Precision = .float32, mode: Mode = .fast,
    profiles: Bool = false
  ) {
    self.threads = min(max(1, threads), Self.threadLimit)
    self.precision = precision
    self.mode = mode
    self.profiles = profiles
  }

  /// Plain loops over `Double`; outputs of real types are `float64`, whatever the program says.
  public static let reference = EngineOptions(threads: 1, mode: .reference)
}
