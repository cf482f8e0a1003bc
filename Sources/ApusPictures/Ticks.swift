import Glibc

/// Round numbers along an axis.
package struct Ticks: Hashable {
  /// The numbers from smallest to largest.
  package let values: [Double]
  /// The distance between neighbours.
  package let step: Double

  /// About `count` multiples of 1, 2 or 5 times a power of ten inside `range`.
  ///
  /// Where `integers` is true the step is at least 1.
  package init(in range: ClosedRange<Double>, count: Int, integers: Bool = false) {
    self.init(in: range, step: Ticks.step(for: range, count: count, integers: integers))
  }

  /// The smallest set of about `count` round numbers that encloses `range`.
  package init(around range: ClosedRange<Double>, count: Int) {
    let step = Ticks.step(for: range, count: count, integers: false)
    let lower = (range.lowerBound / step + 1e-9).rounded(.down) * step
    let upper = (range.upperBound / step - 1e-9).rounded(.up) * step
    self.init(in: lower < upper ? lower...upper : range, step: step)
  }

  private init(in range: ClosedRange<Double>, step: Double) {
    let first = (range.lowerBound / step - 1e-9).rounded(.up)
    let last = (range.upperBound / step + 1e-9).rounded(.down)
    self.step = step
    // More than anybody asks for come of ranges whose numbers are too large to be told apart.
    let count = last - first
    values = 0...1000 ~= count ? (0...Int(count)).map { (first + Double($0)) * step } : []
  }

  private static func step(
    for range: ClosedRange<Double>, count: Int, integers: Bool
  ) -> Double {
    let count = Double(max(count, 1))
    let rough = range.upperBound / count - range.lowerBound / count
    guard rough > 0, rough.isFinite else { return 1 }
    let power = pow(10, log10(rough).rounded(.down))
    let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
    return integers ? max(1, step) : step
  }

  /// `value` with as many decimals as the step needs.
  package func label(of value: Double) -> String {
    let largest = values.map(abs).max() ?? 0
    if largest >= 1e6 || (largest > 0 && largest < 1e-4) { return Ticks.scientific(value) }
    let decimals = max(0, Int((-log10(step) - 1e-9).rounded(.up)))
    return Ticks.fixed(value, decimals: decimals)
  }

  /// `value` rounded to `decimals` places, as `-12.50`.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite, abs(value) < 1e9, decimals <= 6 else { return "\(value)" }
    let scale = pow(10, Double(decimals))
    let whole = Int((abs(value) * scale).rounded())
    let sign = value < 0 && whole > 0 ? "−" : ""
    guard decimals > 0 else { return sign + "\(whole)" }
    let digits = String(whole)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return sign + padded.dropLast(decimals) + "." + padded.suffix(decimals)
  }

  private static func scientific(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    let exponent = (log10(abs(value)) + 1e-9).rounded(.down)
    let mantissa = (value / pow(10, exponent) * 100).rounded() / 100
    let text = mantissa == mantissa.rounded() ? fixed(mantissa, decimals: 0) : "\(mantissa)"
    return "\(text)e\(fixed(exponent, decimals: 0))"
  }
}
