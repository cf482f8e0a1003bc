import ApusGraph
import ApusNumerics
import ApusTensors
import Glibc

/// Zeroes each element with probability `rate` and divides the others by `1 − rate`.
struct ReferenceDropout: TypedReferenceKernel {
  func compute(_ dropout: Dropout, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]) {
    let words = RandomWords(key: inputs[1], stream: dropout.stream)
    let scale = 1 / (1 - dropout.rate)
    for index in 0..<outputs[0].count {
      let isKept = words.uniform(index) >= Double(Float(dropout.rate))
      outputs[0][index] = isKept ? inputs[0][index] * scale : 0
    }
  }
}

/// Numbers spread evenly over `lower..<upper`.
struct ReferenceRandomUniform: TypedReferenceKernel {
  func compute(
    _ random: RandomUniform, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let words = RandomWords(key: inputs[0], stream: random.stream)
    for index in 0..<outputs[0].count {
      outputs[0][index] = words.number(index, .uniform(lower: random.lower, upper: random.upper))
    }
  }
}

/// Normally distributed numbers.
struct ReferenceRandomNormal: TypedReferenceKernel {
  func compute(
    _ random: RandomNormal, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let words = RandomWords(key: inputs[0], stream: random.stream)
    for index in 0..<outputs[0].count {
      outputs[0][index] = words.number(
        index, .normal(mean: random.mean, standardDeviation: random.standardDeviation))
    }
  }
}

/// The random words of one stream at one step: word `i` depends on them and `i` alone.
struct RandomWords {
  private let seed: UInt64
  private let step: UInt64
  private let stream: UInt32

  /// The words under `key`, the two numbers (seed, step).
  init(key: ReferenceOperand, stream: Int) {
    seed = UInt64(bitPattern: Int64(truncatingAndClamping: key[0]))
    step = UInt64(bitPattern: Int64(truncatingAndClamping: key[1]))
    self.stream = UInt32(truncatingIfNeeded: stream)
  }

  /// Word `index` as one of the 2²⁴ equally spaced numbers in `[0, 1)`.
  func uniform(_ index: Int) -> Double {
    let block = Philox4x32.block(
      key: (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)),
      counter: (
        UInt32(truncatingIfNeeded: index / 4), UInt32(truncatingIfNeeded: step), stream,
        UInt32(truncatingIfNeeded: step >> 32)
      ))
    return Double(block[index % 4] >> 8) * 0x1p-24
  }

  /// One of two numbers that Box and Muller's transform makes of a pair of uniform ones.
  ///
  /// Reference: Box, Muller (1958), "A note on the generation of random normal deviates", Ann. Math.
  /// Stat. 29.
  private func normal(_ index: Int) -> Double {
    let pair = index & ~1
    // 1 − u is in (0, 1], so its logarithm is finite.
    let radius = (-2 * log(1 - uniform(pair))).squareRoot()
    let angle = 2 * Double.pi * uniform(pair + 1)
    return radius * (index == pair ? cos(angle) : sin(angle))
  }

  /// The number of element `index`.
  func number(_ index: Int, _ distribution: FusedElementwise.Distribution) -> Double {
    switch distribution {
    case .uniform(let lower, let upper): lower + (upper - lower) * uniform(index)
    case .normal(let mean, let deviation): mean + deviation * normal(index)
    }
  }
}
