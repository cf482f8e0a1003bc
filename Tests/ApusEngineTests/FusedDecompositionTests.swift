import ApusEngine
import ApusGraph
import ApusKernels
import ApusTensors
import ApusTestSupport
import Testing

/// What the engine fuses is defined by its decomposition: the reference kernels of both give the same.
@Suite struct FusedDecompositionTests {
  private let numbers = SmallNumbers()

  /// Runs an operation and its decomposition on float64 numbers.
  ///
  /// - Parameter positive: the operands that are variances, such as 3 of a normalization.
  private func expectSame(
    _ operation: any Operation, _ shapes: [Shape], positive: Set<Int> = [],
    tolerance: Double = 1e-13
  ) throws {
    let inputs = try shapes.enumerated().map { index, shape in
      try Node.placeholder("\(index)", TensorType(shape, .float64))
    }
    let parts = try #require(try operation.decomposition(of: inputs))
    let outputs = try operation.outputs(of: inputs)
    #expect(parts.map(\.type) == outputs.map(\.type))
    let program = try Program(
      Computation(inputs: inputs, outputs: outputs + parts), options: .reference)
    try program.run(
      shapes.enumerated().map { index, shape in
        let values = numbers.tensor(shape, seed: index).doubles
        return Tensor(values.map { positive.contains(index) ? $0 + 1 : $0 }, shape: shape)
      })
    for index in parts.indices {
      let (expected, actual) = (program.output(index), program.output(parts.count + index))
      let error = relativeError(of: actual.doubles, to: expected.doubles)
      #expect(error < 1e-12, "\(operation), output \(index): \(error)")
      #expect(Set(expected.doubles).count > 2)
    }
  }

  private static let bounds: [ClipBounds?] = [nil, ClipBounds(lower: -0.1, upper: 0.2)]

  @Test(arguments: bounds, [1, 4])
  func ofConvolutions(bounds: ClipBounds?, groups: Int) throws {
    let geometry = ConvolutionGeometry(
      strides: Size2D(2), padding: Padding2D(top: 0, bottom: 1, left: 1, right: 1), groups: groups)
    let operands: [Shape] = [[2, 6, 5, 4], [3, 3, 4 / groups, 8]]
    let factors: [Shape] = bounds == nil ? [] : [[4], [4], [4]]
    let result: Shape = [2, 3, 3, 8]
    for type in [DataType.float64, .bfloat16] {
      for givesMoments in [false, true] {
        try expectSame(
          FusedConvolution2D(
            geometry: geometry, bounds: bounds, givesMoments: givesMoments, operandType: type),
          operands + factors.prefix(2))
      }
      for (isNormalized, givesInput) in [
        (false, false), (false, true), (true, false), (true, true),
      ] {
        try expectSame(
          FusedConvolution2DGradient(
            geometry: geometry, bounds: bounds, isNormalized: isNormalized, givesInput: givesInput,
            operandType: type),
          [result] + operands + factors + (isNormalized ? [result, [8], [8], [8]] : []))
      }
    }
  }

  @Test func ofNormalizationsWithAClip() throws {
    let x: Shape = [2, 5, 4, 3]
    try expectSame(
      BatchNormalizationClip(epsilon: 1e-3, lower: -0.3, upper: 0.4), [x, [3], [3]])
    try expectSame(
      BatchNormalizationClipGradient(epsilon: 1e-3, lower: -0.3, upper: 0.4),
      [x, [3], [3], [3], [3], x], positive: [4])
  }
}
