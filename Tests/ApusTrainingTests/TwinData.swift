import ApusTensors
import ApusTraining

/// The batches of `Tests/Golden/twin.py`: one step an epoch, so that each loss is an epoch's.
struct TwinData: TrainingSource {
  let batchTypes = [TensorType([16, 32, 32, 3]), TensorType([16], .int32)]
  let batchesPerEpoch = 1

  func batches(ofEpoch epoch: Int, skipping count: Int) -> any BatchCursor {
    Cursor(batch: count == 0 ? Self.batch(epoch) : nil)
  }

  private final class Cursor: BatchCursor {
    var batch: [Tensor]?

    init(batch: [Tensor]?) { self.batch = batch }

    func next() -> [Tensor]? {
      defer { batch = nil }
      return batch
    }
  }

  static func labels(_ batch: Int) -> [Int32] {
    (0..<16).map { Int32(($0 + 7 * batch) % 10) }
  }

  private static func batch(_ number: Int) -> [Tensor] {
    let size = 16 * 32 * 32 * 3
    let inputs = pixels[number * size..<(number + 1) * size].map { (Float($0) - 128) / 128 }
    return [Tensor(inputs, shape: [16, 32, 32, 3]), Tensor(labels(number))]
  }

  /// The pixels of all batches, row by row.
  static let pixels: [UInt8] = {
    var generator = CongruentialGenerator(state: 2)
    let patterns = (0..<10 * 4 * 4 * 3).map { _ in generator.draw() >> 25 }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(20 * 16 * 32 * 32 * 3)
    for batch in 0..<20 {
      for label in labels(batch) {
        for position in 0..<32 * 32 * 3 {
          let (row, column, channel) = (position / 96, position / 3 % 32, position % 3)
          let pattern = patterns[((Int(label) * 4 + row / 8) * 4 + column / 8) * 3 + channel]
          pixels.append(UInt8(pattern + generator.draw() >> 25))
        }
      }
    }
    return pixels
  }()
}

extension TwinData {
  private static let pairs = [
    (8, 16), (16, 32), (32, 32), (32, 64), (64, 64), (64, 128), (128, 128), (128, 128),
    (128, 128), (128, 128), (128, 128), (128, 256), (256, 256),
  ]

  /// The initial weights and statistics by their names in Keras.
  static func weights() -> [String: Tensor] {
    var maker = WeightMaker()
    maker.convolution("conv1", "kernel", [3, 3, 3, 8], fan: 27)
    for (index, (inputs, outputs)) in pairs.enumerated() {
      maker.convolution(
        "conv_dw_\(index + 1)", "depthwise_kernel", [3, 3, inputs, 1], fan: 9, channels: inputs)
      maker.convolution("conv_pw_\(index + 1)", "kernel", [1, 1, inputs, outputs], fan: inputs)
    }
    maker.weights["conv_preds/kernel"] = maker.tensor([1, 1, 256, 10]) { $0 / 128 }
    maker.weights["conv_preds/bias"] = maker.tensor([10]) { $0 / 8 }
    return maker.weights
  }

  private struct WeightMaker {
    var generator = CongruentialGenerator(state: 10)
    var weights: [String: Tensor] = [:]

    mutating func tensor(_ shape: Shape, _ value: (Float) -> Float) -> Tensor {
      let values = (0..<shape.count).map { _ in
        value(Float(Int(generator.draw() >> 8) - (1 << 23)) * 0x1p-23)
      }
      return Tensor(values, shape: shape)
    }

    mutating func convolution(
      _ name: String, _ kernel: String, _ shape: Shape, fan: Int, channels: Int? = nil
    ) {
      let limit = (6 / Float(fan)).squareRoot()
      weights["\(name)/\(kernel)"] = tensor(shape) { $0 * limit }
      let channels: Shape = [channels ?? shape[3]]
      weights["\(name)_bn/gamma"] = tensor(channels) { 1 + $0 / 4 }
      weights["\(name)_bn/beta"] = tensor(channels) { 2.25 + $0 / 2 }
      weights["\(name)_bn/moving_mean"] = Tensor(zeros: TensorType(channels))
      weights["\(name)_bn/moving_variance"] = Tensor(
        [Float](repeating: 1, count: channels.count), shape: channels)
    }
  }
}

/// The generator of `Tests/Golden/twin.py`.
struct CongruentialGenerator {
  var state: UInt32

  mutating func draw() -> UInt32 {
    state = 1_664_525 &* state &+ 1_013_904_223
    return state
  }
}
