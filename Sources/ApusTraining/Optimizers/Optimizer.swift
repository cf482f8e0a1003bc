import ApusGraph
import ApusTensors

/// A rule that changes parameters along their gradients, as nodes of the step's graph.
///
/// Learning rate and step number are values of the graph, so a schedule never plans anew.
public protocol Optimizer: Sendable {
  /// The new values of the parameters and of the optimizer's slots.
  ///
  /// - Parameters:
  ///   - parameters: what is changed, each by its own rate, ``TrainedParameter/rate(_:)``, a decay too.
  ///   - learningRate: a float32 scalar.
  ///   - step: the number of this update as a float32 scalar, 1 for the first.
  ///   - slots: where the optimizer's own variables are made.
  func updates(
    of parameters: [TrainedParameter], learningRate: Node, step: Node, slots: SlotRegistry
  ) throws(GraphError) -> [Computation.Update]
}

/// A parameter with its value and its gradient in the graph of a step.
public struct TrainedParameter {
  public let variable: Variable
  public let value: Node
  public let gradient: Node
  /// Its share of the learning rate: 1 for the rate as it is.
  public let rateFactor: Double

  public init(variable: Variable, value: Node, gradient: Node, rateFactor: Double = 1) {
    self.variable = variable
    self.value = value
    self.gradient = gradient
    self.rateFactor = rateFactor
  }

  /// The parameter's own learning rate, a scalar.
  public func rate(_ learningRate: Node) throws(GraphError) -> Node {
    rateFactor == 1 ? learningRate : try learningRate * rateFactor
  }
}

/// The variables that belong to the optimizer and to averaging, not to the model, by name.
///
/// A program for another batch shape asks for the same names and gets the same variables.
public final class SlotRegistry {
  /// The slots in the order they were made; all start at zero.
  public private(set) var variables: [Variable] = []
  private var byName: [String: Variable] = [:]

  public init() {}

  /// The slot `name` of a parameter, shaped as it is, called `optimizer/<name>/<parameter>`.
  public func slot(_ name: String, of parameter: Variable) -> Variable {
    variable("optimizer/\(name)/\(parameter.name)", like: parameter)
  }

  /// The running average of a parameter, called `average/<parameter>`.
  package func average(of parameter: Variable) -> Variable {
    variable("average/\(parameter.name)", like: parameter)
  }

  /// Makes the averages of parameters: frozen ones have some, too, which no step asks for.
  func addAverages(of parameters: [Variable]) {
    for parameter in parameters { _ = average(of: parameter) }
  }

  private func variable(_ name: String, like parameter: Variable) -> Variable {
    if let present = byName[name] { return present }
    let variable = Variable(name, parameter.type, isTrainable: false)
    byName[name] = variable
    variables.append(variable)
    return variable
  }
}
