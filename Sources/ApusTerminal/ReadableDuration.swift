import ApusNumerics

extension Duration {
  /// The time in the two units that matter: `1 h 02 min`, `3 min 20 s`, `12.3 s`, `85 ms`.
  package var readable: String {
    let (whole, attoseconds) = components
    let seconds = Double(whole) + Double(attoseconds) * 1e-18
    if seconds < 0 { return "-" + Duration.seconds(-seconds).readable }
    if seconds < 0.0995 { return (seconds * 1000).fixed(seconds < 0.00995 ? 1 : 0) + " ms" }
    if seconds < 59.95 { return seconds.fixed(1) + " s" }
    func parts(_ unit: Double, _ size: Int) -> (Int, String) {
      let (large, small) = Int((seconds / unit).rounded()).quotientAndRemainder(dividingBy: size)
      return (large, (small < 10 ? "0" : "") + String(small))
    }
    let (minutes, second) = parts(1, 60)
    if minutes < 60 { return "\(minutes) min \(second) s" }
    let (hours, minute) = parts(60, 60)
    if hours < 24 { return "\(hours) h \(minute) min" }
    let (days, hour) = parts(3600, 24)
    return "\(days) d \(hour) h"
  }
}
