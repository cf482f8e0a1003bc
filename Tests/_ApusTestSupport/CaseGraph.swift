import ApusCases
import ApusEngine
import ApusGraph
import ApusTensors

/// The graph of a case: its outputs and the derivatives along the case's directions.
package struct CaseGraph {
  package let inputs: [Node]
  package let outputs: [Node]
  /// `Σ output·direction` over all real outputs; nil where there are none.
  package let total: Node?
  private let tensors: [Tensor]

  /// Builds the graph with real operands of one type.
  ///
  /// In `float64` no constant is rounded, so that the reference can be held to golden numbers.
  package init(_ example: OperationCase, realType: DataType) throws {
    var (inputs, tensors): ([Node], [Tensor]) = ([], [])
    for (index, operand) in example.operands.enumerated() {
      var type = operand.type
      if type.dataType.isFloatingPoint { type.dataType = realType }
      inputs.append(try .placeholder("operand \(index)", type))
      tensors.append(operand.tensor(of: example.numbers(forOperand: index), as: type.dataType))
    }
    self.inputs = inputs
    self.tensors = tensors
    outputs = try example.build(inputs)
    var total: Node?
    for (index, output) in outputs.enumerated() where output.dataType.isFloatingPoint {
      let numbers = example.direction(forOutput: index, count: output.shape.count)
      let direction = try Node.constant(Tensor(numbers, shape: output.shape))
        .cast(to: output.dataType)
      let sum = try (output * direction).sum().cast(to: realType)
      if let present = total { total = try present + sum } else { total = sum }
    }
    self.total = total
  }

  /// The operands that hold real numbers.
  package var realInputs: [Int] { inputs.indices.filter { inputs[$0].dataType.isFloatingPoint } }

  /// The derivatives of ``total`` with respect to the real operands.
  package func gradients() throws -> [Node] {
    guard let total else { return [] }
    return try ApusGraph.gradients(of: total, with: realInputs.map { inputs[$0] })
  }

  /// The values of `nodes` for the case's operands.
  package func run(_ nodes: [Node], options: EngineOptions) throws -> [Tensor] {
    let program = try Program(Computation(inputs: inputs, outputs: nodes), options: options)
    try program.run(tensors)
    return program.outputs()
  }

  /// The operands' numbers.
  package var numbers: [[Double]] { tensors.map(\.doubles) }
}
