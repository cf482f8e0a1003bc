import ApusTensors

/// The type of one operand of a case and how its numbers are drawn.
package struct CaseOperand: Sendable {
  package let type: TensorType
  package let numbers: Numbers

  package enum Numbers: Sendable {
    /// Real numbers spread evenly, at least 0.05 away from points where a derivative jumps.
    case uniform(lower: Double, upper: Double, apartFrom: [Double])
    /// Real numbers in equal distances, shuffled; no difference quotient swaps two.
    case spaced(lower: Double, upper: Double)
    /// Whole numbers in `0..<count`.
    case integers(count: Int)
    case listed([Double])
  }

  /// Real numbers spread evenly over a range.
  package static func real(
    _ shape: Shape, _ lower: Double = -2, _ upper: Double = 2, apartFrom points: [Double] = []
  ) -> CaseOperand {
    CaseOperand(
      type: TensorType(shape), numbers: .uniform(lower: lower, upper: upper, apartFrom: points))
  }

  /// Real numbers in equal distances, shuffled.
  package static func spaced(
    _ shape: Shape, _ lower: Double = -2, _ upper: Double = 2
  ) -> CaseOperand {
    CaseOperand(type: TensorType(shape), numbers: .spaced(lower: lower, upper: upper))
  }

  /// Whole numbers in `0..<count`, which a real type may hold too.
  package static func integers(
    _ shape: Shape, below count: Int, _ dataType: DataType = .int32
  ) -> CaseOperand {
    CaseOperand(type: TensorType(shape, dataType), numbers: .integers(count: count))
  }

  /// Truth values.
  package static func truth(_ shape: Shape) -> CaseOperand { integers(shape, below: 2, .bool) }

  /// The given numbers.
  package static func listed(
    _ shape: Shape, _ numbers: [Double], _ dataType: DataType = .float32
  ) -> CaseOperand {
    CaseOperand(type: TensorType(shape, dataType), numbers: .listed(numbers))
  }

  /// A random key.
  package static func key(seed: Int, step: Int) -> CaseOperand {
    listed([2], [Double(seed), Double(step)], .int64)
  }

  /// The numbers of the operand, row by row.
  func draw(using generator: inout CaseGenerator) -> [Double] {
    switch numbers {
    case .uniform(let lower, let upper, let points):
      (0..<type.count).map { _ in generator.number(in: lower, upper, apartFrom: points) }
    case .spaced(let lower, let upper):
      generator.permutation(of: type.count).map { position in
        let share = (Double(position) + 0.5) / Double(type.count)
        return Double(Float(lower + (upper - lower) * share))
      }
    case .integers(let count):
      (0..<type.count).map { _ in (generator.unit() * Double(count)).rounded(.down) }
    case .listed(let numbers): numbers
    }
  }

  /// A tensor of `numbers` in the operand's shape.
  package func tensor(of numbers: [Double], as dataType: DataType) -> Tensor {
    switch dataType {
    case .float32: Tensor(numbers.map { Float($0) }, shape: type.shape)
    case .bfloat16: Tensor(numbers.map { BFloat16(Float($0)) }, shape: type.shape)
    case .float64: Tensor(numbers, shape: type.shape)
    case .int32: Tensor(numbers.map { Int32($0) }, shape: type.shape)
    case .int64: Tensor(numbers.map { Int64($0) }, shape: type.shape)
    case .uint8: Tensor(numbers.map { UInt8($0) }, shape: type.shape)
    case .bool: Tensor(numbers.map { $0 != 0 }, shape: type.shape)
    }
  }
}
