/// A learning rate that rises along half a cosine, then falls along another to nearly nothing.
///
/// The formula is that of PyTorch's `OneCycleLR` with cosine annealing and two phases: it starts at
/// `peak / initialDivisor`, reaches `peak` at step `rise·steps − 1`, and ends at
/// `peak / (initialDivisor·finalDivisor)` at step `steps − 1`. PyTorch cycles the momentum too, this does not.
///
/// Reference: Smith, Topin (2017), "Super-convergence", arXiv:1708.07120.
public struct OneCycleSchedule: LearningRateSchedule, Hashable {
  public var peak: Double
  /// Steps in the whole cycle.
  public var steps: Int
  /// The share of the steps in which the rate rises; PyTorch's `pct_start`.
  public var rise: Double
  /// PyTorch's `div_factor`.
  public var initialDivisor: Double
  /// PyTorch's `final_div_factor`.
  public var finalDivisor: Double

  public init(
    peak: Double, steps: Int, rise: Double = 0.3, initialDivisor: Double = 25,
    finalDivisor: Double = 1e4
  ) {
    self.peak = peak
    self.steps = steps
    self.rise = rise
    self.initialDivisor = initialDivisor
    self.finalDivisor = finalDivisor
  }

  public func learningRate(atStep step: Int) -> Double {
    let initial = peak / initialDivisor
    let final = initial / finalDivisor
    let step = Double(min(step, steps - 1))
    let top = rise * Double(steps) - 1
    let end = Double(steps) - 1
    if step <= top {
      return top > 0 ? cosine(from: initial, to: peak, at: step / top) : peak
    }
    return end > top ? cosine(from: peak, to: final, at: (step - top) / (end - top)) : final
  }
}
