import ApusGraph
import Glibc

/// The gradient of an LSTM, back step by step; `LSTMSequenceGradient` has the formulas.
struct ReferenceLSTMGradient: TypedReferenceKernel {
  func compute(
    _ operation: LSTMSequenceGradient, _ inputs: [ReferenceOperand],
    _ outputs: [ReferenceOperand]
  ) {
    for output in outputs {
      for place in 0..<output.count { output[place] = 0 }
    }
    let places = LSTMPlaces(inputs, directions: operation.directions, more: 6)
    for direction in operation.directions.indices {
      for b in 0..<places.batch {
        SequenceGradient(places, direction, b, inputs, outputs).run()
      }
    }
  }
}

/// The way back through one sequence in one direction.
private struct SequenceGradient {
  private let places: LSTMPlaces
  private let direction: Int
  private let b: Int
  private let inputs: [ReferenceOperand]
  private let outputs: [ReferenceOperand]
  /// The operands that the gradient has beside the LSTM's own.
  private let kept: ArraySlice<ReferenceOperand>

  init(
    _ places: LSTMPlaces, _ direction: Int, _ b: Int, _ inputs: [ReferenceOperand],
    _ outputs: [ReferenceOperand]
  ) {
    (self.places, self.direction, self.b) = (places, direction, b)
    (self.inputs, self.outputs) = (inputs, outputs)
    kept = inputs[places.count..<places.count + 6]
  }

  private func kept(_ index: Int) -> ReferenceOperand { kept[kept.startIndex + index] }

  func run() {
    let (units, state) = (places.units, places.state(direction, b))
    var hidden = (0..<units).map { kept(4)[state + $0] }
    var cell = (0..<units).map { kept(5)[state + $0] }
    let order = places.order(direction)
    for (place, t) in order.enumerated().reversed() where places.isValid(inputs, b, t) {
      let before = place > 0 ? order[place - 1] : nil
      let sums = gateGradients(t, before, hidden, &cell)
      addWeightGradients(t, before, sums)
      hidden = inputGradients(t, sums)
    }
    let count = places.count
    for unit in 0..<units {
      outputs[count - 2][state + unit] = hidden[unit]
      outputs[count - 1][state + unit] = cell[unit]
    }
  }

  /// The gradients of the gates before their functions, `[4·units]`; `cell` becomes that of the
  /// step before.
  private func gateGradients(
    _ t: Int, _ before: Int?, _ hidden: [Double], _ cell: inout [Double]
  ) -> [Double] {
    let units = places.units
    var sums = [Double](repeating: 0, count: 4 * units)
    for unit in 0..<units {
      let first = places.gates(direction, b, t) + unit
      let (i, f) = (kept(2)[first], kept(2)[first + units])
      let (g, o) = (kept(2)[first + 2 * units], kept(2)[first + 3 * units])
      let value = tanh(kept(1)[places.cells(direction, b, t) + unit])
      let previous =
        before.map { kept(1)[places.cells(direction, b, $0) + unit] }
        ?? inputs[places.count - 1][places.state(direction, b) + unit]
      let incoming = hidden[unit] + kept(3)[places.hidden(direction, b, t) + unit]
      let gradient = cell[unit] + incoming * o * (1 - value * value)
      sums[unit] = gradient * g * i * (1 - i)
      sums[units + unit] = gradient * previous * f * (1 - f)
      sums[2 * units + unit] = gradient * i * (1 - g * g)
      sums[3 * units + unit] = incoming * value * o * (1 - o)
      cell[unit] = gradient * f
    }
    return sums
  }

  /// Adds to the weights' gradients what this step gives.
  private func addWeightGradients(_ t: Int, _ before: Int?, _ sums: [Double]) {
    let (first, columns) = (1 + 3 * direction, sums.count)
    for column in 0..<columns {
      for k in 0..<places.features {
        outputs[first][k * columns + column] += inputs[0][places.x(b, t) + k] * sums[column]
      }
      for k in 0..<places.units {
        outputs[first + 1][k * columns + column] += hidden(before, k) * sums[column]
      }
      outputs[first + 2][column] += sums[column]
    }
  }

  /// The hidden state the step began from.
  private func hidden(_ before: Int?, _ unit: Int) -> Double {
    if let before, places.isValid(inputs, b, before) {
      return kept(0)[places.hidden(direction, b, before) + unit]
    }
    return inputs[places.count - 2][places.state(direction, b) + unit]
  }

  /// Adds to `x`'s gradient and gives that of the hidden state before the step.
  private func inputGradients(_ t: Int, _ sums: [Double]) -> [Double] {
    let (first, columns) = (1 + 3 * direction, sums.count)
    func product(_ weights: ReferenceOperand, _ row: Int) -> Double {
      (0..<columns).reduce(0) { $0 + weights[row * columns + $1] * sums[$1] }
    }
    for k in 0..<places.features {
      outputs[0][places.x(b, t) + k] += product(inputs[first], k)
    }
    return (0..<places.units).map { product(inputs[first + 1], $0) }
  }
}
