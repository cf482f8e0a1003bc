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

  @Test func refusesAnotherBatch() throws {
    let points = try Node.placeholder("points", TensorType([3, 2]))
    let values = try Node.placeholder("values", TensorType([2]))
    #expect(throws: GraphError.self) {
      try GradientPenalty()(of: values, at: points)
    }
  }
}
