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
