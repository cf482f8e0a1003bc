import Glibc

/// A learning rate that falls along half a cosine, then stays.
///
/// `final + (initial − final)·(1 + cos(π·step / steps)) / 2`, as PyTorch's `CosineAnnealingLR`.
///
/// Reference: Loshchilov, Hutter (2016), "SGDR", arXiv:1608.03983.
public struct CosineSchedule: LearningRateSchedule, Hashable {
  public var initial: Double
  public var final: Double
  /// Steps until `final` is reached.
  public var steps: Int

  public init(_ initial: Double, to final: Double = 0, steps: Int) {
    self.initial = initial
    self.final = final
    self.steps = steps
  }

  public func learningRate(atStep step: Int) -> Double {
    guard step < steps else { return final }
    return cosine(from: initial, to: final, at: Double(step) / Double(steps))
  }
}

/// Half a cosine from one value at 0 to another at 1.
func cosine(from start: Double, to end: Double, at fraction: Double) -> Double {
  end + (start - end) / 2 * (1 + cos(Double.pi * fraction))
}
