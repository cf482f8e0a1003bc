/// The quantiles of `values` at `probabilities`, interpolated between neighbours as NumPy does.
///
/// The quantile at `p` of `n` sorted numbers is at position `p(n − 1)` (type 7 of the reference).
/// NaN where there is no number or one of them is NaN.
///
/// - Precondition: each probability is within `0 ... 1`.
///
/// Reference: Hyndman, Fan (1996), "Sample quantiles in statistical packages", Am. Stat. 50.
package func quantiles(_ probabilities: [Double], of values: some Sequence<Double>) -> [Double] {
  let sorted = values.sorted()
  let hasNaN = sorted.contains { $0.isNaN }
  return probabilities.map { probability in
    precondition((0...1).contains(probability), "\(probability) is no probability")
    guard !sorted.isEmpty, !hasNaN else { return .nan }
    let position = probability * Double(sorted.count - 1)
    let lower = Int(position)
    let upper = min(lower + 1, sorted.count - 1)
    let fraction = position - Double(lower)
    return fraction == 0
      ? sorted[lower] : sorted[lower] + fraction * (sorted[upper] - sorted[lower])
  }
}

/// The middle of `values`, the mean of the two middle ones where their number is even.
package func median(of values: some Sequence<Double>) -> Double {
  quantiles([0.5], of: values)[0]
}
