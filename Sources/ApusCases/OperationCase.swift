import ApusGraph
import ApusTensors

/// One operation with operands: what tests and benchmarks run it on.
///
/// From a case come four checks: shapes, the reference kernel against golden numbers, the fast
/// kernel against the reference, and derivatives of first and second order against central
/// differences.
package struct OperationCase: Sendable {
  /// The operation's name, a slash and what is special, as in `convolution2D/dilated`.
  package let name: String
  package let operands: [CaseOperand]
  /// Applies the operation to nodes of the operands' types.
  package let build: @Sendable ([Node]) throws -> [Node]
  /// The largest error of a fast result, relative to the largest element of the reference's.
  package private(set) var fastTolerance = 2e-6
  /// The same for derivatives, which add up more terms.
  package private(set) var fastGradientTolerance = 1e-5
  /// The largest relative error of a derivative against central differences in `Double`.
  package private(set) var differenceTolerance = 1e-6
  /// The highest order of derivative to check: 0 where the operation has none.
  package private(set) var derivativeOrder = 2

  /// A case of an operation with several outputs.
  package init(
    _ name: String, _ operands: [CaseOperand],
    outputs build: @escaping @Sendable ([Node]) throws -> [Node]
  ) {
    self.name = name
    self.operands = operands
    self.build = build
  }

  /// A case of an operation with one output.
  package init(
    _ name: String, _ operands: [CaseOperand],
    _ build: @escaping @Sendable ([Node]) throws -> Node
  ) {
    self.init(name, operands, outputs: { [try build($0)] })
  }

  /// The case with other bounds for fast results and their derivatives.
  package func fast(_ tolerance: Double, gradient: Double? = nil) -> OperationCase {
    var copy = self
    copy.fastTolerance = tolerance
    copy.fastGradientTolerance = gradient ?? max(tolerance, fastGradientTolerance)
    return copy
  }

  /// The case with derivatives checked up to another order.
  package func derivatives(upTo order: Int) -> OperationCase {
    var copy = self
    copy.derivativeOrder = order
    return copy
  }

  /// The operands' numbers, always the same ones for a case of this name.
  package func tensors() -> [Tensor] {
    operands.enumerated().map { index, operand in
      operand.tensor(of: numbers(forOperand: index), as: operand.type.dataType)
    }
  }

  /// The numbers of one operand as `Double`.
  package func numbers(forOperand index: Int) -> [Double] {
    var generator = CaseGenerator(key: "\(name)#\(index)")
    return operands[index].draw(using: &generator)
  }

  /// The numbers an output is multiplied with before all are summed and differentiated.
  package func direction(forOutput index: Int, count: Int) -> [Double] {
    var generator = CaseGenerator(key: "\(name)#direction\(index)")
    return (0..<count).map { _ in generator.number(in: -1, 1) }
  }
}

extension OperationCase: CustomStringConvertible {
  package var description: String { name }
}

extension OperationCase {
  /// Every case of every operation.
  package static let all: [OperationCase] =
    unaryCases + binaryCases + logicalCases + shapingCases + indexingCases + reductionCases
    + productCases + convolutionCases + poolingCases + normalizationCases + randomCases
    + sequenceCases
}
