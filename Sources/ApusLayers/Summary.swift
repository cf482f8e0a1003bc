import ApusGraph
import ApusNumerics
import ApusTensors

/// One call of a layer.
public struct SummaryRow: Sendable, Hashable {
  /// The path of the scope the layer was called in.
  public let name: String
  public let kind: String
  public let outputShape: Shape
  /// The numbers in the parameters that this call made.
  public let parameterCount: Int
}

/// The layers of a model in the order of their calls, with shapes and parameters as Keras counts.
public struct Summary: Sendable, Hashable {
  public let rows: [SummaryRow]
  /// The numbers that an optimizer changes.
  public let trainableCount: Int
  /// The numbers that it does not change: running statistics and frozen weights.
  public let nonTrainableCount: Int

  /// All numbers in the model's parameters.
  public var parameterCount: Int { trainableCount + nonTrainableCount }
}

/// The table of `model`'s layers for inputs of one type, as the model predicts.
///
/// - Throws: ``GraphError`` naming the layer that cannot take its input.
public func summary(of model: some Layer, input type: TensorType) throws(GraphError) -> Summary {
  let trace = Trace(for: .inference, registry: ParameterRegistry())
  _ = try trace.root.model(model, at: Node.placeholder("input", type))
  let all = trace.parameters.reduce(0) { $0 + $1.variable.type.count }
  let trained = trace.trainedParameters.reduce(0) { $0 + $1.variable.type.count }
  return Summary(rows: trace.rows, trainableCount: trained, nonTrainableCount: all - trained)
}

extension Scope {
  /// The model's value; a model that is one bare layer becomes the only row.
  fileprivate func model(_ model: some Layer, at input: Node) throws(GraphError) -> Node {
    let mark = trace.summaryMark
    let output = try model(input, in: self)
    trace.addRow(name: model.kind, kind: model.kind, output: output.type, since: mark)
    return output
  }
}

extension Summary: CustomStringConvertible {
  /// The table as text, columns aligned, with the three totals below.
  public var description: String {
    let header = ["Layer", "Kind", "Output shape", "Parameters"]
    let body = rows.map {
      [$0.name, $0.kind, $0.outputShape.description, $0.parameterCount.grouped]
    }
    let widths = header.indices.map { column in
      ([header] + body).map { $0[column].count }.max() ?? 0
    }
    let lines = ([header] + body).map { cells in
      cells.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - cells[column].count)
        return column == header.count - 1 ? padding + cells[column] : cells[column] + padding
      }.joined(separator: "  ")
    }
    let rule = String(repeating: "─", count: widths.reduce(0, +) + 2 * (header.count - 1))
    let totals = [
      "Parameters: \(parameterCount.grouped)",
      "Trainable: \(trainableCount.grouped)",
      "Non-trainable: \(nonTrainableCount.grouped)",
    ]
    return ([lines[0], rule] + lines.dropFirst() + [rule] + totals).joined(separator: "\n")
  }
}
