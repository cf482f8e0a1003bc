import Glibc

/// A floating-point type whose numbers are printed by their shortest digits.
protocol PrintableFloat: BinaryFloatingPoint, LosslessStringConvertible {}

extension Float: PrintableFloat {}
extension Double: PrintableFloat {}

/// The most digits printed after the point.
private let precision = 8

/// The digits and exponent of a finite number: `0.d₀d₁d₂… × 10^exponent`.
private struct Decimal {
  var isNegative: Bool
  var digits: [UInt8]
  var exponent: Int

  /// The fewest digits that read back as the same number.
  init(shortest value: some PrintableFloat) {
    self.init(parsing: value.description)
  }

  /// From a text such as `-12.5e-7`.
  init(parsing text: String) {
    let parts = text.split(separator: "e")
    isNegative = text.first == "-"
    digits = []
    exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    var isFraction = false
    for character in parts[0].utf8 {
      if character == UInt8(ascii: ".") { isFraction = true }
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) else { continue }
      digits.append(character - UInt8(ascii: "0"))
      if !isFraction { exponent += 1 }
    }
    while digits.first == 0 {
      digits.removeFirst()
      exponent -= 1
    }
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty { exponent = 1 }
  }

  /// The digits before and after the point.
  var positional: (whole: String, fraction: String) {
    let whole = (0..<max(exponent, 0)).map { $0 < digits.count ? digits[$0] : 0 }
    let fraction =
      digits.isEmpty
      ? []
      : (min(exponent, digits.count)..<digits.count).map {
        $0 < 0 ? 0 : digits[$0]
      }
    return ((isNegative ? "-" : "") + (whole.isEmpty ? "0" : text(whole)), text(fraction))
  }

  /// The one digit before the point, those after it, and the exponent with its sign.
  var scientific: (whole: String, fraction: String, exponent: String) {
    let power = digits.isEmpty ? 0 : exponent - 1
    let size = String(power.magnitude)
    return (
      (isNegative ? "-" : "") + text([digits.first ?? 0]), text(Array(digits.dropFirst())),
      (power < 0 ? "-" : "+") + (size.utf8.count < 2 ? "0" : "") + size
    )
  }

  private func text(_ digits: [UInt8]) -> String {
    digits.reduce(into: "") { $0 += String($1) }
  }
}

extension PrintableFloat {
  /// The text of a number that stands alone, as Python prints it: `0.1`, `1e-05`, `inf`.
  var scalarText: String {
    guard isFinite else { return nonFiniteText }
    let decimal = Decimal(shortest: self)
    let size = abs(Double(self))
    if size != 0, size >= 1e16 || size < 1e-4 {
      let (whole, fraction, exponent) = decimal.scientific
      return whole + (fraction.isEmpty ? "" : "." + fraction) + "e" + exponent
    }
    let (whole, fraction) = decimal.positional
    return whole + "." + (fraction.isEmpty ? "0" : fraction)
  }

  fileprivate var nonFiniteText: String { isNaN ? "nan" : self < 0 ? "-inf" : "inf" }

  /// The shortest digits, or fewer where the number has more than ``precision`` after the point.
  fileprivate func decimal(scientific: Bool) -> Decimal {
    let shortest = Decimal(shortest: self)
    let count = scientific ? shortest.scientific.fraction : shortest.positional.fraction
    guard count.utf8.count > precision else { return shortest }
    // The exact value is rounded, not its shortest digits: printf does that.
    return Decimal(parsing: formatted(scientific ? "%.\(precision)e" : "%.\(precision)f"))
  }

  private func formatted(_ format: String) -> String {
    withVaList([Double(self)]) { arguments in
      let bytes = [CChar](unsafeUninitializedCapacity: 400) { buffer, count in
        count = Int(vsnprintf(buffer.baseAddress, buffer.count, format, arguments))
      }
      return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}

/// The texts of `values` in one width, points below each other, exponents only where needed.
///
/// Exponents are used where a size is at least 1e8 or below 1e-4, or where the greatest is more
/// than 1000 times the least (zeros aside).
func alignedTexts<Value: PrintableFloat>(of values: [Value]) -> [String] {
  let finite = values.filter(\.isFinite)
  let sizes = finite.filter { $0 != 0 }.map { abs($0) }
  let (least, greatest) = (sizes.min() ?? 1, sizes.max() ?? 1)
  let isScientific =
    greatest >= 1e8 || least < Value(0.0001) || greatest / least > 1000
  let texts = isScientific ? scientificTexts(of: finite) : positionalTexts(of: finite)
  let longest = values.filter { !$0.isFinite }.map(\.nonFiniteText.utf8.count).max() ?? 0
  let width = max(texts.map(\.utf8.count).max() ?? 0, longest)
  var next = texts.makeIterator()
  return values.map { value in
    let text = value.isFinite ? next.next() ?? "" : value.nonFiniteText
    return String(repeating: " ", count: width - text.utf8.count) + text
  }
}

private func positionalTexts(of values: [some PrintableFloat]) -> [String] {
  let parts = values.map { $0.decimal(scientific: false).positional }
  let digits = parts.map(\.fraction.utf8.count).max() ?? 0
  return parts.map { part in
    part.whole + "." + part.fraction
      + String(repeating: " ", count: digits - part.fraction.utf8.count)
  }
}

private func scientificTexts(of values: [some PrintableFloat]) -> [String] {
  let parts = values.map { $0.decimal(scientific: true).scientific }
  let digits = parts.map(\.fraction.utf8.count).max() ?? 0
  let exponentDigits = parts.map(\.exponent.utf8.count).max() ?? 0
  return parts.map { part in
    let zeros = String(repeating: "0", count: digits - part.fraction.utf8.count)
    let padding = String(repeating: "0", count: exponentDigits - part.exponent.utf8.count)
    return part.whole + "." + part.fraction + zeros + "e" + part.exponent.prefix(1) + padding
      + part.exponent.dropFirst()
  }
}
