import CSUNDIALS

/// Integrates `dy/dt = f(t, y)` from time 0 by backward differences of variable order (CVODE).
///
/// Reference: Hindmarsh et al. (2005), "SUNDIALS: suite of nonlinear and differential/algebraic
/// equation solvers", ACM TOMS 31.
final class StiffIntegration {
  /// Writes `f(t, y)`.
  typealias Slopes = (
    _ time: Double, _ y: [Double], _ slopes: inout [Double]
  ) throws(JumpProcessError) -> Void

  private let slopes: Slopes
  private var point: [Double]
  private var change: [Double]
  private var error: JumpProcessError?

  /// The states at rising `times`.
  ///
  /// - Throws: what `slopes` throws, or ``JumpProcessError/integration(time:reason:)``.
  static func run(
    from start: [Double], at times: [Double], relativeTolerance: Double, absoluteTolerance: Double,
    slopes: @escaping Slopes
  ) throws(JumpProcessError) -> [[Double]] {
    let system = StiffIntegration(size: start.count, slopes)
    let size = start.count
    var state = start
    var rows = [Double](repeating: 0, count: times.count * size)
    var fault = [CChar](repeating: 0, count: 64)
    var reached = 0.0
    let points = withExtendedLifetime(system) {
      apus_integrate(
        Int32(size), &state,
        { time, y, slopes, context in
          guard let y, let slopes, let context else { return -1 }
          let system = Unmanaged<StiffIntegration>.fromOpaque(context).takeUnretainedValue()
          return system.evaluate(time, y, slopes)
        }, Unmanaged.passUnretained(system).toOpaque(), relativeTolerance, absoluteTolerance,
        Int32(times.count), times, &rows, &fault, &reached)
    }
    if let error = system.error { throw error }
    guard Int(points) == times.count else {
      let reason = fault.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw .integration(time: reached, reason: String(decoding: reason, as: UTF8.self))
    }
    return times.indices.map { Array(rows[$0 * size..<($0 + 1) * size]) }
  }

  private init(size: Int, _ slopes: @escaping Slopes) {
    self.slopes = slopes
    point = Array(repeating: 0, count: size)
    change = point
  }

  /// 0, or 1 where a shorter step may help, or −1 where nothing does.
  private func evaluate(
    _ time: Double, _ y: UnsafePointer<Double>, _ result: UnsafeMutablePointer<Double>
  ) -> Int32 {
    for index in point.indices { point[index] = y[index] }
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
