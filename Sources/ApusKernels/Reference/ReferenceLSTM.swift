import ApusGraph
import Glibc

/// An LSTM, step by step and unit by unit; `LSTMSequence` has the formulas.
struct ReferenceLSTM: TypedReferenceKernel {
  func compute(
    _ operation: LSTMSequence, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let places = LSTMPlaces(inputs, directions: operation.directions)
    for direction in operation.directions.indices {
      for b in 0..<places.batch { run(direction, b, places, inputs, outputs) }
    }
  }

  /// One sequence in one direction.
  private func run(
    _ direction: Int, _ b: Int, _ places: LSTMPlaces, _ inputs: [ReferenceOperand],
    _ outputs: [ReferenceOperand]
  ) {
    let units = places.units
    let first = places.state(direction, b)
    var hidden = (0..<units).map { inputs[places.count - 2][first + $0] }
    var cell = (0..<units).map { inputs[places.count - 1][first + $0] }
    for t in places.order(direction) {
      let isValid = places.isValid(inputs, b, t)
      let sums = places.gateSums(inputs, direction, b, t, hidden)
      for unit in 0..<units {
        let (i, f) = (logistic(sums[unit]), logistic(sums[units + unit]))
        let (g, o) = (tanh(sums[2 * units + unit]), logistic(sums[3 * units + unit]))
        if isValid {
          cell[unit] = f * cell[unit] + i * g
          hidden[unit] = o * tanh(cell[unit])
        }
        outputs[0][places.hidden(direction, b, t) + unit] = isValid ? hidden[unit] : 0
        guard outputs.count > 3 else { continue }
        outputs[3][places.cells(direction, b, t) + unit] = cell[unit]
        for (gate, value) in [i, f, g, o].enumerated() {
          let place = places.gates(direction, b, t) + gate * units + unit
          outputs[4][place] = isValid ? value : 0
        }
      }
    }
    for unit in 0..<units {
      (outputs[1][first + unit], outputs[2][first + unit]) = (hidden[unit], cell[unit])
    }
  }

  private func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}

/// Where the numbers of an LSTM's operands are.
struct LSTMPlaces {
  let batch: Int
  let steps: Int
  let features: Int
  let units: Int
  let directions: [LSTMDirection]
  /// The operands in front of the lengths.
  let count: Int
  /// The position of the lengths; nil where all steps count.
  let lengths: Int?

  /// Reads the sizes; `more` is how many operands stand before the lengths beside the usual ones.
  init(_ inputs: [ReferenceOperand], directions: [LSTMDirection], more: Int = 0) {
    let x = inputs[0].shape
    (batch, steps, features) = (x[0], x[1], x[2])
    units = inputs[2].shape[0]
    self.directions = directions
    count = 3 + 3 * directions.count
    lengths = inputs.count > count + more ? count + more : nil
  }

  func order(_ direction: Int) -> [Int] {
    directions[direction] == .forward ? Array(0..<steps) : Array((0..<steps).reversed())
  }

  func isValid(_ inputs: [ReferenceOperand], _ b: Int, _ t: Int) -> Bool {
    lengths.map { Double(t) < inputs[$0][b] } ?? true
  }

  func x(_ b: Int, _ t: Int) -> Int { (b * steps + t) * features }

  func hidden(_ direction: Int, _ b: Int, _ t: Int) -> Int {
    ((b * steps + t) * directions.count + direction) * units
  }

  func state(_ direction: Int, _ b: Int) -> Int { (direction * batch + b) * units }

  func cells(_ direction: Int, _ b: Int, _ t: Int) -> Int {
    ((direction * steps + t) * batch + b) * units
  }

  func gates(_ direction: Int, _ b: Int, _ t: Int) -> Int { 4 * cells(direction, b, t) }

  /// `x_t·W + h·R + b` of one sequence.
  func gateSums(
    _ inputs: [ReferenceOperand], _ direction: Int, _ b: Int, _ t: Int, _ hidden: [Double]
  ) -> [Double] {
    let first = 1 + 3 * direction
    let (kernel, recurrent, bias) = (inputs[first], inputs[first + 1], inputs[first + 2])
    let columns = 4 * units
    return (0..<columns).map { column in
      var sum = bias[column]
      for k in 0..<features { sum += inputs[0][x(b, t) + k] * kernel[k * columns + column] }
      for k in 0..<units { sum += hidden[k] * recurrent[k * columns + column] }
      return sum
    }
  }
}
