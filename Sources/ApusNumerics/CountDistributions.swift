import Glibc

extension RandomNumberGenerator {
  /// A draw of the Poisson distribution, as a whole number in a `Double`.
  ///
  /// Small means go through the distribution from 0 on, large ones by transformed rejection.
  ///
  /// - Precondition: `mean` is finite and not negative.
  ///
  /// Reference: Hörmann (1993), "The transformed rejection method for generating Poisson random
  /// variables", Insur. Math. Econ. 12 (algorithm PTRS).
  public mutating func poisson(mean: Double) -> Double {
    precondition(mean >= 0 && mean < .infinity, "no Poisson distribution has the mean \(mean)")
    guard mean >= 10 else { return smallPoisson(mean: mean) }
    let b = 0.931 + 2.53 * mean.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    let ratio = 0.9277 - 3.6224 / (b - 2)
    while true {
      let u = uniform() - 0.5
      let v = uniform()
      let us = 0.5 - u.magnitude
      let k = ((2 * a / us + b) * u + mean + 0.43).rounded(.down)
      if us >= 0.07, v <= ratio { return k }
      if k < 0 || (us < 0.013 && v > us) { continue }
      let accepted = log(v) + log(inverseAlpha) - log(a / (us * us) + b)
      if accepted <= k * log(mean) - mean - logFactorial(k) { return k }
    }
  }

  private mutating func smallPoisson(mean: Double) -> Double {
    var (k, p) = (0.0, exp(-mean))
    var u = uniform()
    while u >= p, p > 0 {
      u -= p
      k += 1
      p *= mean / k
    }
    return k
  }

  /// A draw of the binomial distribution, as a whole number in a `Double`.
  ///
  /// - Precondition: `trials` is a whole number of at least 0, and `probability` is within 0 and 1.
  ///
  /// Reference: Hörmann (1993), "The generation of binomial random variates", J. Stat. Comput.
  /// Simul. 46 (algorithm BTRS).
  public mutating func binomial(trials: Double, probability: Double) -> Double {
    precondition(
      trials >= 0 && trials < 0x1p53 && 0...1 ~= probability,
      "no binomial distribution has \(trials) trials of probability \(probability)")
    guard probability <= 0.5 else {
      return trials - binomial(trials: trials, probability: 1 - probability)
    }
    guard trials * probability >= 10 else {
      return smallBinomial(trials: trials, probability: probability)
    }
    let spread = (trials * probability * (1 - probability)).squareRoot()
    let b = 1.15 + 2.53 * spread
    let a = -0.0873 + 0.0248 * b + 0.01 * probability
    let c = trials * probability + 0.5
    let ratio = 0.92 - 4.2 / b
    let alpha = (2.83 + 5.1 / b) * spread
    let mode = ((trials + 1) * probability).rounded(.down)
    let odds = log(probability / (1 - probability))
    let atMode = logFactorial(mode) + logFactorial(trials - mode)
    while true {
      let u = uniform() - 0.5
      var v = uniform()
      let us = 0.5 - u.magnitude
      let k = ((2 * a / us + b) * u + c).rounded(.down)
      if us >= 0.07, v <= ratio { return k }
      if k < 0 || k > trials { continue }
      v = log(v * alpha / (a / (us * us) + b))
      if v <= atMode - logFactorial(k) - logFactorial(trials - k) + (k - mode) * odds { return k }
    }
  }

  private mutating func smallBinomial(trials: Double, probability: Double) -> Double {
    guard probability > 0, trials > 0 else { return 0 }
    let odds = probability / (1 - probability)
    var (k, p) = (0.0, exp(trials * log1p(-probability)))
    var u = uniform()
    while u >= p, k < trials {
      u -= p
      k += 1
      p *= odds * (trials - k + 1) / k
    }
    return k
  }
}

/// `log k!` for a whole number `k`; Stirling's series, relative error below 10⁻¹⁴.
package func logFactorial(_ k: Double) -> Double {
  if k < 10 { return log(smallFactorials[Int(k)]) }
  let inverse = 1 / (k * k)
  let tail = (1 - inverse * (1 / 30.0 - inverse * (1 / 105.0 - inverse / 140))) / (12 * k)
  return (k + 0.5) * log(k) - k + 0.918_938_533_204_672_8 + tail
}

private let smallFactorials: [Double] = [1, 1, 2, 6, 24, 120, 720, 5040, 40_320, 362_880]
