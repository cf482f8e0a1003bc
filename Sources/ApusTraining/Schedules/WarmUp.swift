/// A schedule after a linear rise to its first learning rate.
///
/// Step `s` of the first `steps` has `(s + 1) / (steps + 1)` of that rate; then the schedule starts at its
/// own step 0.
///
/// Reference: Goyal et al. (2017), "Accurate, large minibatch SGD", arXiv:1706.02677.
public struct WarmUp: LearningRateSchedule {
  public var steps: Int
  public var schedule: any LearningRateSchedule

  public init(steps: Int, before schedule: any LearningRateSchedule) {
    self.steps = steps
    self.schedule = schedule
  }

  public func learningRate(atStep step: Int) -> Double {
    guard step < steps else { return schedule.learningRate(atStep: step - steps) }
    return schedule.learningRate(atStep: 0) * Double(step + 1) / Double(steps + 1)
  }
}
