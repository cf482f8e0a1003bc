import Glibc

/// A learning rate that is multiplied by `factor` after every `interval` steps.
///
/// `initial · factor^⌊step / interval⌋`, as PyTorch's `StepLR`.
public struct StepSchedule: LearningRateSchedule, Hashable {
  public var initial: Double
  public var factor: Double
  /// Steps between two changes; at least 1.
  public let interval: Int

  /// Makes a schedule.
  ///
  /// - Precondition: `interval` is at least 1.
  public init(_ initial: Double, factor: Double = 0.1, every interval: Int) {
    precondition(interval > 0, "a learning rate cannot change every \(interval) steps")
    self.initial = initial
    self.factor = factor
    self.interval = interval
  }

  public func learningRate(atStep step: Int) -> Double {
    initial * pow(factor, Double(step / interval))
  }
}
