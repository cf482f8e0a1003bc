import ApusGraph
import ApusTensors
import CKernels

/// Zeroes elements at random and scales the others.
struct VectorDropout: VectorCall {
  private let rate: Float
  private let stream: UInt32
  private let count: Int64
  private let threads: Int32

  init?(_ dropout: Dropout, _ request: KernelRequest) {
    guard request.inputs[0].dataType == .float32, request.outputs[0].dataType == .float32,
      request.inputs[1].dataType == .int64
    else { return nil }
    rate = Float(dropout.rate)
    stream = UInt32(truncatingIfNeeded: dropout.stream)
    count = Int64(request.outputs[0].count)
    threads = Int32(request.threads)
  }

  var aliasableOperands: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ operands: KernelOperands) {
    apus_dropout(
      operands.floats(0), operands.results(0), count, rate, operands.randomKey(1), stream,
      threads)
  }
}

/// Numbers spread evenly over a range.
struct VectorRandomUniform: VectorCall {
  private let lower: Float
  private let upper: Float
  private let stream: UInt32
  private let count: Int64
  private let threads: Int32

  init?(_ random: RandomUniform, _ request: KernelRequest) {
    guard request.inputs[0].dataType == .int64, request.outputs[0].dataType == .float32 else {
      return nil
    }
    (lower, upper) = (Float(random.lower), Float(random.upper))
    stream = UInt32(truncatingIfNeeded: random.stream)
    count = Int64(request.outputs[0].count)
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    apus_random_uniform(
      operands.results(0), count, lower, upper, operands.randomKey(0), stream, threads)
  }
}

/// Normally distributed numbers.
struct VectorRandomNormal: VectorCall {
  private let mean: Float
  private let standardDeviation: Float
  private let stream: UInt32
  private let count: Int64
  private let threads: Int32

  init?(_ random: RandomNormal, _ request: KernelRequest) {
    guard request.inputs[0].dataType == .int64, request.outputs[0].dataType == .float32 else {
      return nil
    }
    (mean, standardDeviation) = (Float(random.mean), Float(random.standardDeviation))
    stream = UInt32(truncatingIfNeeded: random.stream)
    count = Int64(request.outputs[0].count)
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    apus_random_normal(
      operands.results(0), count, mean, standardDeviation, operands.randomKey(0), stream, threads)
  }
}

extension KernelOperands {
  /// Seed and step, the two numbers of a random key.
  fileprivate func randomKey(_ input: Int) -> apus_random_key {
    let numbers = inputs[input].assumingMemoryBound(to: Int64.self)
    return apus_random_key(
      seed: UInt64(bitPattern: numbers[0]), step: UInt64(bitPattern: numbers[1]))
  }
}
