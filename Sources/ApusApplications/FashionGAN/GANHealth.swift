import ApusNumerics
import ApusTensors

/// What can be said of a GAN's training from its log and its samples: whether it learns at all.
package enum GANHealth {
  /// Before this step every generator makes nearly the same picture of every noise.
  static let firstStep = 500
  /// The lines of the log that a distance must be flat over.
  static let flatLines = 5
  /// A distance of scores below this is none.
  static let leastDistance = 0.01
  /// A distance of scores beyond this means that nothing holds the critic.
  static let largestDistance = 1e4
  /// Pictures whose pixels vary by less than this (in 0 … 1, squared) are alike.
  static let leastVariance = 1e-4
  /// The newest samples that must all be alike.
  static let sampleCount = 2

  /// What is wrong, in sentences; empty where nothing is.
  ///
  /// - Parameter variances: ``variance(of:)`` of the samples so far, from ``firstStep`` on.
  package static func findings(lines: [MetricsLine], variances: [Double]) -> [String] {
    var findings: [String] = []
    let distances = lines.suffix(flatLines).compactMap(\.distance)
    if distances.count == flatLines, distances.allSatisfy({ abs($0) < leastDistance }) {
      findings.append(
        "the critic does not tell generated from real images: their scores were less than "
          + "\(leastDistance) apart in the last \(flatLines) lines of the log")
    }
    if let last = distances.last, abs(last) > largestDistance {
      findings.append(
        "training diverges: the critic's scores are \(last.fixed(0)) apart; "
          + "give a smaller --learning-rate")
    }
    let recent = variances.suffix(sampleCount)
    if recent.count == sampleCount, recent.allSatisfy({ $0 < leastVariance }) {
      findings.append(
        "the generator has collapsed: it makes nearly the same picture of every noise")
    }
    return findings
  }

  /// How much pictures differ from each other: the variance of a pixel over them, the mean of all
  /// pixels, in squares of white.
  package static func variance(of pictures: Tensor) -> Double {
    let count = pictures.shape[0]
    guard count > 1 else { return .nan }
    let size = pictures.count / count
    return pictures.withElements(as: UInt8.self) { pixels in
      var total = 0.0
      for place in 0..<size {
        var (sum, squares) = (0.0, 0.0)
        for index in 0..<count {
          let value = Double(pixels[index * size + place]) / 255
          sum += value
          squares += value * value
        }
        total += max(0, squares / Double(count) - sum * sum / Double(count * count))
      }
      return total / Double(max(1, size))
    }
  }
}
