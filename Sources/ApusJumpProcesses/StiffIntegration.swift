import CSUNDIALS

/// Integrates `dy/dt = f(t, y)` by backward differences of variable order (CVODE).
///
/// Reference: Hindmarsh et al. (2005), "SUNDIALS: suite of nonlinear and differential/algebraic
/// equation solvers", ACM TOMS 31.
final class StiffIntegration {
  /// Writes `f(t, y)`.
  typealias Slopes = (
    _ time: Double, _ y: [Double], _ slopes: inout [Double]
  ) throws(JumpProcessError) -> Void
  /// Which conditions hold.
  typealias Conditions = (_ time: Double, _ y: [Double]) -> [Bool]

  /// How far an integration came.
  struct Reach {
    /// The states at the first times.
    var rows: [[Double]] = []
    var time: Double
    /// The state at `time`.
    var state: [Double]
    /// Whether a condition changed at `time`, which ended it.
    var hasChanged = false
    /// Why it did not come to the last time.
    var error: JumpProcessError?
  }

  private let slopes: Slopes
  fileprivate let conditions: Conditions
  fileprivate(set) var point: [Double]
  private var change: [Double]
  private var error: JumpProcessError?

  /// Of slopes that read the time, no step is longer than this share of the whole, so that no pulse
  /// is passed over that lasts longer than that.
  static let shareOfStep = 1.0 / 200

  /// The states at rising `times`, from time 0.
  ///
  /// - Parameters:
  ///   - readsTime: whether the slopes read the time.
  ///   - breaks: rising times at which the slopes jump; a new integration begins at each.
  ///   - switches: conditions on the time alone; the slopes jump where one changes.
  /// - Throws: what `slopes` throws, or ``JumpProcessError/integration(time:reason:)``.
  static func run(
    from start: [Double], at times: [Double], relativeTolerance: Double, absoluteTolerance: Double,
    readsTime: Bool = false, breaks: [Double] = [], switches: [Formula] = [],
    slopes: @escaping Slopes
  ) throws(JumpProcessError) -> [[Double]] {
    let last = times.last ?? 0
    var rows: [[Double]] = []
    var reach = Reach(time: 0, state: start)
    var progress = EventProgress()
    var ends = breaks.filter { 0 < $0 && $0 < last } + [last]
    while let end = ends.first {
      // At a jump itself it is not said on which side one is.
      let (low, high) = (reach.time.nextUp, max(reach.time.nextUp, end.nextDown))
      let points = times[rows.count...].prefix { $0 < end || end == last }
      reach = run(
        from: reach.state, at: reach.time, to: points + [end],
        relativeTolerance: relativeTolerance, absoluteTolerance: absoluteTolerance,
        longestStep: readsTime ? last * shareOfStep : 0, conditions: switches.count,
        { time, _ in switches.map { $0.value(of: [], time: time) != 0 } },
        slopes: { time, y, result throws(JumpProcessError) in
          try slopes(breaks.isEmpty ? time : min(max(time, low), high), y, &result)
        })
      if let error = reach.error { throw error }
      rows += reach.rows.prefix(points.count)
      try progress.check(reach.time, rows.count)
      if !reach.hasChanged {
        reach.time = end
        ends.removeFirst()
      }
    }
    return rows
  }

  /// Goes from `time` to the last of rising `times`, or to where one of `count` conditions changes.
  static func run(
    from start: [Double], at time: Double, to times: [Double], relativeTolerance: Double,
    absoluteTolerance: Double, longestStep: Double = 0, conditions count: Int = 0,
    _ conditions: @escaping Conditions = { _, _ in [] }, slopes: @escaping Slopes
  ) -> Reach {
    let integration = StiffIntegration(size: start.count, slopes, conditions)
    let size = start.count
    var state = start
    var rows = [Double](repeating: 0, count: times.count * size)
    var reach = withExtendedLifetime(integration) {
      var system = apus_system(
        size: Int32(size), slopes: writeSlopes, condition_count: Int32(count),
        conditions: writeConditions, context: Unmanaged.passUnretained(integration).toOpaque(),
        relative_tolerance: relativeTolerance, absolute_tolerance: absoluteTolerance,
        longest_step: longestStep)
      return apus_integrate(&system, &state, time, Int32(times.count), times, &rows)
    }
    var result = Reach(time: reach.time, state: state, hasChanged: reach.has_changed)
    result.rows = (0..<Int(reach.points)).map { Array(rows[$0 * size..<($0 + 1) * size]) }
    let reason = withUnsafeBytes(of: &reach.fault) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    result.error =
      integration.error
      ?? (reason.isEmpty ? nil : .integration(time: reach.time, reason: "CVODE says \(reason)"))
    return result
  }

  private init(size: Int, _ slopes: @escaping Slopes, _ conditions: @escaping Conditions) {
    self.slopes = slopes
    self.conditions = conditions
    point = Array(repeating: 0, count: size)
    change = point
  }

  fileprivate func read(_ y: UnsafePointer<Double>) {
    for index in point.indices { point[index] = y[index] }
  }

  /// 0, or 1 where a shorter step may help, or −1 where nothing does.
  fileprivate func evaluate(
    _ time: Double, _ y: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>
  ) -> Int32 {
    read(y)
    do throws(JumpProcessError) {
      try slopes(time, point, &change)
    } catch {
      self.error = error
      return -1
    }
    for index in change.indices {
      guard change[index].isFinite else { return 1 }
      result[index] = change[index]
    }
    return 0
  }
}

private func writeSlopes(
  _ time: Double, _ y: UnsafePointer<Double>?, _ result: UnsafeMutablePointer<Double>?,
  _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let y, let result, let context else { return -1 }
  let integration = Unmanaged<StiffIntegration>.fromOpaque(context).takeUnretainedValue()
  return integration.evaluate(time, y, result)
}

/// 1 where a condition holds, −1 where not.
private func writeConditions(
  _ time: Double, _ y: UnsafePointer<Double>?, _ result: UnsafeMutablePointer<Double>?,
  _ context: UnsafeMutableRawPointer?
) -> Int32 {
  guard let y, let result, let context else { return -1 }
  let integration = Unmanaged<StiffIntegration>.fromOpaque(context).takeUnretainedValue()
  integration.read(y)
  for (index, holds) in integration.conditions(time, integration.point).enumerated() {
    result[index] = holds ? 1 : -1
  }
  return 0
}
