import Glibc

/// The probabilities of a Poisson distribution with both tails cut, for uniformization.
///
/// They are computed outwards from the mode and divided by their sum, so that none over- or
/// underflows.
///
/// Reference: Fox, Glynn (1988), "Computing Poisson probabilities", CACM 31.
struct PoissonWeights {
  /// The count that the first weight belongs to.
  let first: Int
  let weights: [Double]

  /// - Parameter cut: the most probability that the tails may hold together.
  init(mean: Double, cut: Double) {
    let mode = Int(mean)
    let floor = cut * 1e-4
    var down: [Double] = []
    var up: [Double] = []
    var weight = 1.0
    for count in stride(from: mode, to: 0, by: -1) {
      weight *= Double(count) / mean
      if weight < floor { break }
      down.append(weight)
    }
    weight = 1
    var count = mode
    repeat {
      count += 1
      weight *= mean / Double(count)
      up.append(weight)
    } while weight >= floor || Double(count) < mean
    let all = down.reversed() + [1] + up
    // The small ones first, on both sides.
    let total = 1 + down.reversed().reduce(0, +) + up.reversed().reduce(0, +)
    var kept = all.map { $0 / total }[...]
    var lost = 0.0
    while let last = kept.last, lost + last < cut / 2 {
      lost += last
      kept.removeLast()
    }
    lost = 0
    while let head = kept.first, lost + head < cut / 2 {
      lost += head
      kept.removeFirst()
    }
    first = mode - down.count + kept.startIndex
    weights = Array(kept)
  }

  /// The count that the last weight belongs to.
  var last: Int { first + weights.count - 1 }

  /// The weight of a count; 0 where it is cut.
  subscript(count: Int) -> Double { count < first || count > last ? 0 : weights[count - first] }
}
