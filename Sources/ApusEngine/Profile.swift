import ApusTensors

/// The operations of a program in the order they run, with their time since the program was made.
public struct Profile: Sendable {
  public var operations: [OperationProfile]
  /// The memory shared by all intermediate values.
  public var arenaByteCount: Int
  /// How often the program ran.
  public var runs: Int

  /// One operation of a program.
  public struct OperationProfile: Sendable {
    public let name: String
    /// The kernel that runs it.
    public let implementation: String
    public let inputs: [TensorType]
    public let outputs: [TensorType]
    /// Floating-point operations of one run; 0 where only memory counts.
    public let operationCount: Int
    /// The bytes one run must read and write at least.
    public let byteCount: Int
    /// Whether it runs only where a variable changed since the last run.
    public let isSteady: Bool
    /// Seconds over all runs; 0 where the program is not profiled.
    public var seconds: Double
  }
}
