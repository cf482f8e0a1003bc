import Glibc

extension Double {
  /// The number rounded to `decimals` places, such as `0.950`.
  func fixed(_ decimals: Int) -> String {
    guard isFinite else { return "\(self)" }
    return withVaList([Int32(decimals), self]) { arguments in
      var buffer = [CChar](repeating: 0, count: 400)
      let count = Int(vsnprintf(&buffer, buffer.count, "%.*f", arguments))
      return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
  }

  /// The share as a percentage, such as `95.03 %`.
  func percent(_ decimals: Int = 2) -> String { "\((self * 100).fixed(decimals)) %" }

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

extension Int {
  /// The number with commas between groups of three digits, such as `60,000`.
  var grouped: String {
    let digits = String(magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return self < 0 ? "-" + text : text
  }
}
