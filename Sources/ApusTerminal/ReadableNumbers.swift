import Glibc

/// Numbers as a person reads them; the same in every locale.
extension BinaryInteger {
  /// The digits in groups of three: `3,228,864`.
  package var grouped: String {
    let digits = String(magnitude)
    var text = self < 0 ? "-" : ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }

  /// The size in bytes with three digits and a decimal unit: `13.2 MB`.
  package var readableBytes: String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
    var size = Double(self)
    var unit = 0
    // 999.5 would be rounded to four digits.
    while abs(size) >= 999.5, unit + 1 < units.count {
      size /= 1000
      unit += 1
    }
    let decimals = unit == 0 || abs(size) >= 99.95 ? 0 : abs(size) >= 9.995 ? 1 : 2
    return size.fixed(decimals) + " " + units[unit]
  }
}

extension Double {
  /// The number with so many digits after the point: `0.9456`.
  package func fixed(_ digits: Int) -> String {
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    return withVaList([Int32(Swift.max(digits, 0)), self]) { arguments in
      let bytes = [UInt8](unsafeUninitializedCapacity: 400) { buffer, count in
        buffer.withMemoryRebound(to: CChar.self) { characters in
          let needed = vsnprintf(characters.baseAddress, characters.count, "%.*f", arguments)
          count = Swift.min(Int(needed), characters.count - 1)
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// The number as a percentage: `94.56 %`.
  package func percent(_ digits: Int = 2) -> String { (self * 100).fixed(digits) + " %" }
}

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
