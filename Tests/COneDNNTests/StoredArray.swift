import COneDNN

/// Numbers in 64-byte aligned memory, as float32 or bfloat16, and the exact values they hold.
final class StoredArray {
  let type: apus_dnn_type
  let memory: UnsafeMutableRawPointer
  let count: Int

  /// Stores `count` numbers in (−1, 1) drawn from a stream named by `seed`.
  init(count: Int, type: apus_dnn_type, seed: UInt64) {
    self.type = type
    self.count = count
    memory = .allocate(byteCount: max(count * 4, 64), alignment: 64)
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    for index in 0..<count {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let value = Float(Int(state >> 40) % 2001 - 1000) / 1001
      if type == APUS_DNN_BFLOAT16 {
        let bits = UInt16(truncatingIfNeeded: value.bitPattern >> 16)
        memory.storeBytes(of: bits, toByteOffset: index * 2, as: UInt16.self)
      } else {
        memory.storeBytes(of: value, toByteOffset: index * 4, as: Float.self)
      }
    }
  }

  deinit { memory.deallocate() }

  var values: [Double] {
    (0..<count).map { index in
      if type == APUS_DNN_BFLOAT16 {
        let bits = memory.load(fromByteOffset: index * 2, as: UInt16.self)
        return Double(Float(bitPattern: UInt32(bits) << 16))
      }
      return Double(memory.load(fromByteOffset: index * 4, as: Float.self))
    }
  }

  var bits: [UInt8] {
    let width = type == APUS_DNN_BFLOAT16 ? 2 : 4
    return Array(UnsafeRawBufferPointer(start: memory, count: count * width))
  }
}

/// A sum and the sum of its terms' magnitudes, which bounds the rounding error.
struct Sum {
  var value = 0.0
  var magnitude = 0.0

  mutating func add(_ term: Double) {
    value += term
    magnitude += abs(term)
  }
}

/// The largest error of `array` relative to the magnitudes of the exact sums.
func largestError(of array: StoredArray, against sums: [Sum]) -> Double {
  zip(array.values, sums).reduce(0) { largest, pair in
    let error = abs(pair.0 - pair.1.value) / (pair.1.magnitude + 1e-3)
    return error.isNaN ? .infinity : max(largest, error)
  }
}

/// What rounding allows: sums are float32, a bfloat16 result keeps 8 bits.
func tolerance(of type: apus_dnn_type) -> Double {
  type == APUS_DNN_BFLOAT16 ? 6e-3 : 4e-6
}

/// Runs a primitive over scratch filled with NaN, so that nothing may rely on its contents.
func execute(
  _ primitive: OpaquePointer, _ a: StoredArray, _ b: StoredArray, _ bias: [Float],
  _ result: StoredArray
) -> Int32 {
  let bytes = apus_dnn_scratch_bytes(primitive)
  let scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes + 64, alignment: 64)
  defer { scratch.deallocate() }
  scratch.initializeMemory(as: UInt8.self, repeating: 0xFF, count: bytes + 64)
  return apus_dnn_execute(primitive, a.memory, b.memory, bias, result.memory, scratch)
}
