import CKernels
import Testing

/// One of the instruction sets this processor has.
struct InstructionSet: Sendable, CustomTestStringConvertible {
  let index: Int32
  let name: String

  static let all = (0..<apus_isa_count()).map {
    InstructionSet(index: $0, name: String(cString: apus_isa_name_at($0)))
  }

  var testDescription: String { name }

  /// Runs `body` with this set in use for the calling thread.
  func run<Result>(_ body: () throws -> Result) rethrows -> Result {
    apus_isa_select(index)
    defer { apus_isa_select(-1) }
    return try body()
  }
}

/// Numbers that look random, between −2 and 2.
func numbers(_ count: Int, seed: UInt64 = 1) -> [Float] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  return (0..<count).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Float(state >> 40) * 0x1p-22 - 2
  }
}

/// Numbers at a fixed place, which begins a cache line as the engine's memory does, for calls whose
/// result lies where an operand does.
final class Memory<Element> {
  private let buffer: UnsafeMutableBufferPointer<Element>

  init(_ values: [Element]) {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: values.count * MemoryLayout<Element>.stride, alignment: 64)
    buffer = memory.bindMemory(to: Element.self)
    _ = buffer.initialize(from: values)
  }

  convenience init(repeating value: Element, count: Int) {
    self.init([Element](repeating: value, count: count))
  }

  deinit { buffer.deallocate() }

  var pointer: UnsafeMutablePointer<Element> {
    guard let base = buffer.baseAddress else { preconditionFailure("memory of no elements") }
    return base
  }

  var raw: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(pointer) }

  var values: [Element] { Array(buffer) }
}

/// `value` rounded to the nearest bfloat16, ties to even.
func roundedToBFloat16(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  if value.isNaN { return UInt16(truncatingIfNeeded: (bits | 0x40_0000) >> 16) }
  return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
}

/// Runs `body` with 64-byte aligned memory.
func withScratch<Result>(
  _ byteCount: Int, _ body: (UnsafeMutableRawPointer) throws -> Result
) rethrows -> Result {
  let memory = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
  defer { memory.deallocate() }
  return try body(memory)
}

/// The largest difference, relative where numbers are large; NaN differs from all but NaN.
func difference(_ got: [Float], _ expected: [Double], scale: Double = 1) -> Double {
  guard got.count == expected.count else { return .infinity }
  return zip(got, expected).reduce(0) { largest, pair in
    let (g, e) = (Double(pair.0), pair.1)
    if g == e || (g.isNaN && e.isNaN) { return largest }
    let error = abs(g - e) / max(scale, abs(e))
    return error.isNaN ? .infinity : max(largest, error)
  }
}

extension BinaryFloatingPoint {
  /// Clamped as the kernels clamp: NaN stays.
  func clamped(_ low: Float, _ high: Float) -> Self {
    self < Self(low) ? Self(low) : self > Self(high) ? Self(high) : self
  }
}
