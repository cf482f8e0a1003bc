import ApusTensors

/// The derivatives of the sum of `output`'s elements with respect to `inputs`, as nodes.
///
/// They can be differentiated again. Where `output` does not depend on an input, its derivative is
/// zeros. Where one input is made of another, the derivative with respect to the latter is the whole
/// one, through the former, too.
///
/// - Throws: ``GraphError`` naming the operation where one on the way has no derivative.
public func gradients(of output: Node, with inputs: [Node]) throws(GraphError) -> [Node] {
  let seed = try Node.literal(1, like: output.type)
  return try gradients(of: output, along: seed, with: inputs)
}

/// The derivatives of `⟨output, direction⟩` with respect to `inputs`, as nodes.
///
/// - Shapes: `direction` is shaped as `output`; each result is shaped as its input.
public func gradients(
  of output: Node, along direction: Node, with inputs: [Node]
) throws(GraphError) -> [Node] {
  guard output.dataType.isFloatingPoint else {
    throw GraphError("gradients", .dataType(expected: "real numbers", actual: output.dataType))
  }
  guard output.type == direction.type else {
    throw GraphError("gradients", .shapesDiffer(output.shape, direction.shape))
  }
  let found = try gradientsWhereDependent(
    of: [output], along: [direction], with: inputs, areIndependent: false)
  var result: [Node] = []
  for (gradient, input) in zip(found, inputs) {
    if let gradient {
      result.append(gradient)
    } else {
      result.append(try Node.literal(0, like: input.type))
    }
  }
  return result
}

/// As ``gradients(of:along:with:)`` for several outputs, nil where no output depends on an input.
///
/// - Parameter areIndependent: whether the derivatives are those of a function of `inputs`, whatever
///   one of them may be made of.
package func gradientsWhereDependent(
  of outputs: [Node], along directions: [Node?], with inputs: [Node], areIndependent: Bool = true
) throws(GraphError) -> [Node?] {
  let targets = Set(inputs)
  let ends = areIndependent ? targets : []
  let order = applications(from: targets, to: outputs, stoppingAt: ends)
  var gradients: [Node: Node] = [:]
  for case (let output, let direction?) in zip(outputs, directions) {
    try accumulate(direction, into: &gradients[output])
  }
  for application in order.reversed() {
    let along = application.outputs.map { ends.contains($0) ? nil : gradients[$0] }
    guard along.contains(where: { $0 != nil }) else { continue }
    let node = Node(application)
    let derivatives = try application.operation.derivative(at: node, along: along)
    precondition(
      derivatives.count == application.inputs.count,
      "\(application.operation.name) gives \(derivatives.count) derivatives")
    for output in application.outputs where !targets.contains(output) { gradients[output] = nil }
    for case (let input, let derivative?) in zip(application.inputs, derivatives) {
      precondition(
        derivative.type == input.type,
        "\(application.operation.name): derivative \(derivative.type) of input \(input.type)")
      try accumulate(derivative, into: &gradients[input])
    }
  }
  return inputs.map { gradients[$0] }
}

private func accumulate(_ term: Node, into sum: inout Node?) throws(GraphError) {
  if let present = sum { sum = try present + term } else { sum = term }
}

/// The applications on a path from `inputs` to `outputs`, in the order they were made.
///
/// What `stops` were made of does not matter.
private func applications(
  from inputs: Set<Node>, to outputs: [Node], stoppingAt stops: Set<Node>
) -> [Application] {
  var dependent: [Application: Bool] = [:]
  for application in reachable(from: outputs, stoppingAt: stops) {
    dependent[application] = application.inputs.contains { input in
      inputs.contains(input) || dependent[input.application] == true
    }
  }
  return dependent.filter(\.value).keys.sorted { $0.number < $1.number }
}

/// The applications that `outputs` are made of, in the order they were made.
package func reachable(
  from outputs: [Node], stoppingAt stops: Set<Node> = []
) -> [Application] {
  var seen: Set<Application> = []
  var pending = outputs.filter { !stops.contains($0) }.map(\.application)
  while let application = pending.popLast() {
    guard seen.insert(application).inserted else { continue }
    pending += application.inputs.filter { !stops.contains($0) }.map(\.application)
  }
  return seen.sorted { $0.number < $1.number }
}
