extension Tensor: CustomStringConvertible {
  /// The numbers in nested brackets and aligned columns, as NumPy's `str` prints an array.
  ///
  /// Above 1000 elements each axis shows its first and last three with `...` between; lines break
  /// at 75 columns; floats have at most 8 digits after the point.
  public var description: String {
    guard count > 0 else { return "[]" }
    let printer = TensorPrinter(self)
    return printer.text(prefix: 0, axis: 0, indent: 1, width: 75)
  }
}

/// The layout of a printed tensor: nested brackets, columns of one width, broken lines.
private struct TensorPrinter {
  static let threshold = 1000
  static let edge = 3

  let shape: Shape
  /// The texts of the elements shown, by their row-major index.
  let words: [Int: String]
  let isSummary: Bool

  init(_ tensor: Tensor) {
    shape = tensor.shape
    isSummary = tensor.count > Self.threshold
    var shown = [0]
    for extent in shape.extents {
      let kept = Self.shownIndices(extent, isSummary: isSummary)
      shown = shown.flatMap { prefix in kept.map { prefix * extent + $0 } }
    }
    words = Dictionary(uniqueKeysWithValues: zip(shown, tensor.texts(at: shown)))
  }

  private static func shownIndices(_ extent: Int, isSummary: Bool) -> [Int] {
    guard isSummary, extent > 2 * edge else { return Array(0..<extent) }
    return Array(0..<edge) + Array(extent - edge..<extent)
  }

  /// The text of the part whose leading indices make the row-major number `prefix`.
  func text(prefix: Int, axis: Int, indent: Int, width: Int) -> String {
    guard axis < shape.rank else { return words[prefix] ?? "" }
    let extent = shape[axis]
    let items = Self.shownIndices(extent, isSummary: isSummary)
    // Where elements are left out, the dots stand before this item.
    let gap = items.count < extent ? Self.edge : -1
    let axesLeft = shape.rank - axis
    if axesLeft == 1 { return row(prefix * extent, items, gap: gap, indent: indent, width: width) }
    let margin = String(repeating: " ", count: indent)
    let separator = String(repeating: "\n", count: axesLeft - 1)
    var parts: [String] = []
    for (position, item) in items.enumerated() {
      if position == gap { parts.append("...") }
      parts.append(
        text(prefix: prefix * extent + item, axis: axis + 1, indent: indent + 1, width: width - 1))
    }
    return "[" + parts.joined(separator: separator + margin) + "]"
  }

  private func row(_ first: Int, _ items: [Int], gap: Int, indent: Int, width: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines = ""
    var line = margin
    func append(_ word: String) {
      // A line that holds nothing yet takes any word.
      if line.utf8.count + word.utf8.count > width - 1, line.utf8.count > indent {
        while line.last == " " { line.removeLast() }
        lines += line + "\n"
        line = margin
      }
      line += word + " "
    }
    for (position, item) in items.enumerated() {
      if position == gap { append("...") }
      append(words[first + item] ?? "")
    }
    line.removeLast()
    return "[" + (lines + line).dropFirst(indent) + "]"
  }
}

extension Tensor {
  /// The texts of some elements, brought to one width; a tensor without axes has its number's own.
  fileprivate func texts(at indices: [Int]) -> [String] {
    let isScalar = shape.rank == 0
    switch dataType {
    case .float32: return floatTexts(Float.self, at: indices) { $0 }
    case .bfloat16: return floatTexts(BFloat16.self, at: indices) { $0.float }
    case .float64: return floatTexts(Double.self, at: indices) { $0 }
    case .int32: return integerTexts(Int32.self, at: indices)
    case .int64: return integerTexts(Int64.self, at: indices)
    case .uint8: return integerTexts(UInt8.self, at: indices)
    case .bool:
      return withElements(as: Bool.self) { values in
        indices.map { values[$0] ? (isScalar ? "True" : " True") : "False" }
      }
    }
  }

  private func floatTexts<Element: TensorElement, Value: PrintableFloat>(
    _: Element.Type, at indices: [Int], _ value: (Element) -> Value
  ) -> [String] {
    let shown = withElements(as: Element.self) { values in indices.map { value(values[$0]) } }
    return shape.rank == 0 ? shown.map(\.scalarText) : alignedTexts(of: shown)
  }

  private func integerTexts<Element: TensorElement & BinaryInteger>(
    _: Element.Type, at indices: [Int]
  ) -> [String] {
    let texts = withElements(as: Element.self) { values in
      indices.map { String(values[$0]) }
    }
    return aligned(texts)
  }

  private func aligned(_ texts: [String]) -> [String] {
    let width = texts.map(\.utf8.count).max() ?? 0
    return texts.map { String(repeating: " ", count: width - $0.utf8.count) + $0 }
  }
}
