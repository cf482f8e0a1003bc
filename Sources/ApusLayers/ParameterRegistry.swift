import ApusGraph
import ApusNumerics
import ApusTensors

/// The parameters of a model by name, in the order they were made.
///
/// The traces of a model for training and for evaluation share one registry, so they share the
/// variables.
public final class ParameterRegistry {
  /// A parameter and how it starts.
  public struct Entry {
    public let variable: Variable
    public let initializer: Initializer
  }

  /// The parameters in the order the layers asked for them.
  public private(set) var entries: [Entry] = []
  private var positions: [String: Int] = [:]

  public init() {}

  /// The parameters in order of creation.
  public var variables: [Variable] { entries.map(\.variable) }

  /// The parameter of that full name, such as `conv1/kernel`.
  public func variable(named name: String) -> Variable? {
    positions[name].map { entries[$0].variable }
  }

  /// What each parameter starts with.
  ///
  /// A parameter's numbers come from a stream keyed by the seed and its name, so they depend
  /// neither on the order nor on the other parameters.
  public func initialValues(seed: UInt64) -> [(variable: Variable, value: Tensor)] {
    entries.map { entry in
      var stream = PhiloxStream(
        seed: seed, purpose: StreamPurpose.initialization,
        index: stableHash(of: entry.variable.name))
      let shape = entry.variable.type.shape
      let values = entry.initializer.values(for: shape, using: &stream)
      return (entry.variable, Tensor(values, shape: shape))
    }
  }

  /// The parameter `name`, made where it is new.
  ///
  /// - Throws: ``GraphError`` where it exists with another type, or the initializer cannot take the
  ///   shape.
  package func variable(
    _ name: String, _ type: TensorType, initializer: Initializer, isTrainable: Bool
  ) throws(GraphError) -> Variable {
    if let variable = self.variable(named: name) {
      guard variable.type == type else {
        throw GraphError(name, .shapesDiffer(variable.type.shape, type.shape))
      }
      return variable
    }
    try initializer.check(type.shape, of: name)
    let variable = Variable(name, type, isTrainable: isTrainable)
    positions[name] = entries.count
    entries.append(Entry(variable: variable, initializer: initializer))
    return variable
  }
}
