/// For each place along a resized axis the two places it lies between, and how far from the first.
///
/// Pixels are areas: the centre of target pixel `i` is at `(i + ½)·n/m − ½` of the source, clamped
/// to its first and last centre (PyTorch's `align_corners=False`, TensorFlow's half-pixel centres).
/// Shrinking takes two neighbours as well and does not average over what lies between.
package struct BilinearTable: Sendable {
  package let first: [Int]
  package let second: [Int]
  package let weight: [Float]

  /// The table from `source` to `target` pixels.
  package init(from source: Int, to target: Int) {
    let places = (0..<target).map { index in
      let centre = (Double(index) + 0.5) * Double(source) / Double(target) - 0.5
      return min(max(centre, 0), Double(source - 1))
    }
    first = places.map { Int($0) }
    second = places.map { min(Int($0) + 1, source - 1) }
    weight = places.map { Float($0 - Double(Int($0))) }
  }
}
