import ApusGraph
import ApusTensors

/// Why tensors are not the weights of a model.
public struct WeightsError: Error, Sendable, Hashable {
  /// Parameters of the model that have no tensor.
  public let missing: [String]
  /// Tensors that are no parameters of the model.
  public let unexpected: [String]
  /// Tensors of another shape or type than the parameter.
  public let misshapen: [Mismatch]

  /// A tensor and the parameter it is named after.
  public struct Mismatch: Sendable, Hashable {
    public let name: String
    public let expected: TensorType
    public let actual: TensorType
  }
}

extension WeightsError: CustomStringConvertible {
  /// One sentence for each kind of fault, with at most three names.
  public var description: String {
    var sentences: [String] = []
    if !missing.isEmpty {
      sentences.append("the weights lack \(Self.listed(missing)), which the model has")
    }
    if !unexpected.isEmpty {
      sentences.append("the weights have \(Self.listed(unexpected)), which the model lacks")
    }
    if !misshapen.isEmpty {
      let faults = misshapen.map { "\($0.name) is \($0.actual), the model expects \($0.expected)" }
      sentences.append(Self.listed(faults))
    }
    return sentences.joined(separator: "; ")
  }

  private static func listed(_ names: [String]) -> String {
    let shown = names.prefix(3).joined(separator: ", ")
    return names.count > 3 ? shown + " and \(names.count - 3) more" : shown
  }
}

/// The value of each of a model's parameters, from tensors by name.
///
/// - Throws: ``WeightsError`` where one is missing, of another type, or not a parameter of the
///   model.
public func matchedWeights(
  _ tensors: [String: Tensor], to variables: [Variable]
) throws(WeightsError) -> [(variable: Variable, value: Tensor)] {
  var matched: [(variable: Variable, value: Tensor)] = []
  var missing: [String] = []
  var misshapen: [WeightsError.Mismatch] = []
  for variable in variables {
    guard let tensor = tensors[variable.name] else {
      missing.append(variable.name)
      continue
    }
    if tensor.type == variable.type {
      matched.append((variable, tensor))
    } else {
      misshapen.append(
        .init(name: variable.name, expected: variable.type, actual: tensor.type))
    }
  }
  let known = Set(variables.map(\.name))
  let unexpected = tensors.keys.filter { !known.contains($0) }.sorted()
  guard missing.isEmpty, unexpected.isEmpty, misshapen.isEmpty else {
    throw WeightsError(missing: missing, unexpected: unexpected, misshapen: misshapen)
  }
  return matched
}
