import ApusEngine
import ApusGraph
import ApusLayers
import ApusTensors
import Testing

@Suite struct GradientPenaltyTests {
  /// The penalty, with weight 10, of `D(x) = scale·‖x‖²/2`, whose slope is `scale·‖x‖`.
  private func penalty(of points: [Float], scale: Double) throws -> [Double] {
    let function = Function { inputs in
      let values = try inputs[0].squared().sum(overAxes: [1]) * (scale / 2)
      return [try GradientPenalty()(of: values, at: inputs[0])]
    }
    return try function(Tensor(points, shape: [points.count / 2, 2]))[0].doubles
  }

  @Test func onlySlopesAboveOneCost() throws {
    let found = try penalty(of: [3, 4, 0.3, 0.4, 0, 0], scale: 1)
    #expect(found == [40, 0, 0])  // slopes 5, ½ and 0
  }

  @Test func weightScales() throws {
    let function = Function { inputs in
      let values = try inputs[0].sum(overAxes: [1]) * 2
      return [try GradientPenalty(weight: 3)(of: values, at: inputs[0])]
    }
    let found = try function(Tensor([Float](repeating: 0, count: 8), shape: [2, 4]))[0].doubles
    #expect(found == [9, 9])  // the slope is 2·√4
  }

  /// The penalty, with weight 3, of linear critics `D(x) = w·x`, whose slopes are `‖w‖`, and its derivative
  /// with respect to `w`.
  private func linear(
    _ form: GradientPenalty.Form, weights: [Float]
  ) throws -> (values: [Double], slopes: [Double]) {
    let function = Function(options: .reference) { inputs in
      let critic = try (inputs[0] * inputs[1]).sum(overAxes: [1])
      let penalty = try GradientPenalty(form, weight: 3)(of: critic, at: inputs[0])
      return try [penalty] + gradients(of: penalty, with: [inputs[1]])
    }
    let shape: Shape = [weights.count / 2, 2]
    let points = (0..<weights.count).map { Float($0) - 2.5 }
    let found = try function(Tensor(points, shape: shape), Tensor(weights, shape: shape))
    return (found[0].doubles, found[1].doubles)
  }

  /// What a slope costs in each form, and the derivative of that.
  private func cost(
    of slope: Double, _ form: GradientPenalty.Form
  ) -> (value: Double, change: Double) {
    let excess = max(slope - 1, 0)
    return switch form {
    case .oneSided: (3 * excess, slope > 1 ? 3 : 0)
    case .squaredOneSided: (3 * excess * excess, 6 * excess)
    case .squaredTwoSided: (3 * (slope - 1) * (slope - 1), 6 * (slope - 1))
    }
  }

  @Test(arguments: [.oneSided, .squaredOneSided, .squaredTwoSided] as [GradientPenalty.Form])
  func linearCriticsPayForTheirSlopes(form: GradientPenalty.Form) throws {
    let found = try linear(form, weights: [3, -4, 0.3, 0.4, -5, 12, 0.5, 0])
    let slopes = [5, 0.5, 13, 0.5]
    // ∂s/∂w = w/s.
    let directions = [0.6, -0.8, 0.6, 0.8, -5.0 / 13, 12.0 / 13, 1, 0]
    try #require(found.values.count == 4 && found.slopes.count == 8)
    for (row, slope) in slopes.enumerated() {
      let expected = cost(of: slope, form)
      #expect(abs(found.values[row] - expected.value) < 1e-4, "slope \(slope)")
      for place in [2 * row, 2 * row + 1] {
        let change = expected.change * directions[place]
        #expect(abs(found.slopes[place] - change) < 1e-4, "slope \(slope)")
      }
    }
  }

  @Test(arguments: [.oneSided, .squaredOneSided, .squaredTwoSided] as [GradientPenalty.Form])
  func aFlatCriticHasADerivative(form: GradientPenalty.Form) throws {
    let found = try linear(form, weights: [0, 0])
    #expect(found.values == [cost(of: 0, form).value])
    #expect(found.slopes == [0, 0])
  }

  @Test func refusesAnotherBatch() throws {
    let points = try Node.placeholder("points", TensorType([3, 2]))
    let values = try Node.placeholder("values", TensorType([2]))
    #expect(throws: GraphError.self) {
      try GradientPenalty()(of: values, at: points)
    }
  }
}
