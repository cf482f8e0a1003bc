/// A bar of a number of columns, filled to a fraction.
///
/// Eighths of a column where the screen has Unicode, `#` and `.` where not.
package func progressBar(_ fraction: Double, width: Int, hasUnicode: Bool = true) -> String {
  guard width > 0 else { return "" }
  let fraction = fraction.isNaN ? 0 : min(max(fraction, 0), 1)
  guard hasUnicode else {
    let full = Int(fraction * Double(width))
    return String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
  }
  let (full, eighths) = Int(fraction * Double(width) * 8).quotientAndRemainder(dividingBy: 8)
  let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
  let filled = String(repeating: "█", count: full) + parts[eighths]
  return filled.padded(toWidth: width)
}

extension Screen {
  /// A line of progress: what comes first, a bar, and the rest, two blanks between its parts.
  ///
  /// The bar takes the columns that the terminal has left, 3 to 24 of them.
  package func progressText(_ first: String, _ fraction: Double, _ rest: [String]) -> String {
    let texts = rest.joined(separator: "  ")
    // The last column of a terminal is left free.
    let left = width() - 1 - first.displayWidth - texts.displayWidth - 3
    let bar = progressBar(fraction, width: min(max(left, 3), 24), hasUnicode: hasUnicode)
    return "\(first) \(bar)  \(texts)"
  }
}
