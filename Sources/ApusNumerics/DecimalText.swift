import Glibc

// Numbers as a person reads them; the same in every locale.

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

  /// So many of what `noun` names: `1 picture`, `3,000 pictures`.
  package func counted(_ noun: String) -> String {
    "\(grouped) \(noun)\(self == 1 ? "" : "s")"
  }
}

extension Double {
  /// The number with so many digits after the point: `0.9456`.
  package func fixed(_ digits: Int) -> String { printed("%.*f", digits) }

  /// The number with so many digits in all: `0.9456`, `1.2e-05`.
  package func significant(_ digits: Int) -> String { printed("%.*g", digits) }

  private func printed(_ format: String, _ digits: Int) -> String {
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    return withVaList([Int32(Swift.max(digits, 0)), self]) { arguments in
      let bytes = [UInt8](unsafeUninitializedCapacity: 400) { buffer, count in
        buffer.withMemoryRebound(to: CChar.self) { characters in
          let needed = vsnprintf(characters.baseAddress, characters.count, format, arguments)
          count = Swift.min(Int(needed), characters.count - 1)
        }
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// The number as a percentage: `94.56 %`.
  package func percent(_ digits: Int = 2) -> String { (self * 100).fixed(digits) + " %" }
}
