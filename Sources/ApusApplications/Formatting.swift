import ApusNumerics

extension Double {
  /// Seconds as a person says them, such as `41 s`, `3 min 20 s` or `1 h 02 min`.
  var duration: String {
    guard isFinite, self >= 0, self < 1e9 else { return "\(self) s" }
    let seconds = Int(rounded())
    if self < 10 { return "\(fixed(1)) s" }
    if seconds < 60 { return "\(seconds) s" }
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    if seconds < 3600 { return "\(seconds / 60) min \(padded(seconds % 60)) s" }
    return "\(seconds / 3600) h \(padded(seconds % 3600 / 60)) min"
  }
}
