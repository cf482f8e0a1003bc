import ApusGraph

/// The bounds that numbers are held between, such as ReLU's `0 … ∞`.
package struct ClipBounds: Hashable, Sendable {
  package let lower: Double
  package let upper: Double

  package init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  package init(_ clip: Clip) { self.init(lower: clip.lower, upper: clip.upper) }

  /// No bounds.
  package static let none = ClipBounds(lower: -.infinity, upper: .infinity)
}
