/// The learning rate of each step, a pure function.
public protocol LearningRateSchedule: Sendable {
  /// The learning rate of the step with that number; the first step is 0.
  func learningRate(atStep step: Int) -> Double
}

/// The same learning rate at every step.
public struct ConstantSchedule: LearningRateSchedule, Hashable {
  public var value: Double

  public init(_ value: Double) { self.value = value }

  public func learningRate(atStep step: Int) -> Double { value }
}
