import CKernels
import Foundation

/// One call of the LSTM forward and backward: its operands, its results, what they should be.
struct LSTMCall {
  private let sizes: LSTMTests.Sizes
  private var directions: Int { sizes.reversed.count }
  /// `[batch, steps, inputs]`.
  var x: [Float] = []
  private var kernels: [[Float]] = []
  private var recurrent: [[Float]] = []
  private var biases: [[Float]] = []
  private var state: [[Float]] = []
  private var slopes: [[Float]] = []

  /// - Parameters:
  ///   - biases: how large biases are at most.
  ///   - isRounded: whether operands are bfloat16 numbers, so that both kinds of products take the same ones.
  init(_ sizes: LSTMTests.Sizes, biases largest: Float = 0.3, isRounded: Bool = true) {
    self.sizes = sizes
    let (units, states) = (sizes.units, directions * sizes.batch * sizes.units)
    var seed: UInt64 = 1
    func draw(_ count: Int, _ factor: Float) -> [Float] {
      seed += 1
      return numbers(count, seed: seed).map {
        let number = $0 * factor
        return isRounded ? Float(bitPattern: UInt32(roundedToBFloat16(number)) << 16) : number
      }
    }
    x = draw(sizes.batch * sizes.steps * sizes.inputs, 0.5)
    let factor = 0.7 / Float(sizes.inputs + units).squareRoot()
    for _ in 0..<directions {
      kernels.append(draw(sizes.inputs * 4 * units, factor))
      recurrent.append(draw(units * 4 * units, factor))
      biases.append(draw(4 * units, largest))
    }
    state = [draw(states, 0.4), draw(states, 0.4)]
    slopes = [
      draw(sizes.batch * sizes.steps * directions * units, 0.5), draw(states, 0.5),
      draw(states, 0.5),
    ]
  }

  private func shape(_ type: apus_type) -> apus_lstm_shape {
    apus_lstm_shape(
      batch: Int64(sizes.batch), steps: Int64(sizes.steps), inputs: Int64(sizes.inputs),
      units: Int64(sizes.units), directions: Int64(directions),
      reversed: (sizes.reversed[0], sizes.reversed[directions - 1]), operand_type: type)
  }

  /// Operands of a product in the type that is asked for.
  private func operand(_ values: [Float], _ type: apus_type) -> Memory<UInt8> {
    type == .APUS_FLOAT32
      ? Memory(values.flatMap { withUnsafeBytes(of: $0.bitPattern, Array.init) })
      : Memory(values.flatMap { withUnsafeBytes(of: roundedToBFloat16($0), Array.init) })
  }

  /// All results by name, of `threads` threads.
  func run(_ type: apus_type, threads: Int32) -> [String: [Float]] {
    var shape = shape(type)
    let (units, states) = (sizes.units, directions * sizes.batch * sizes.units)
    let rows = directions * sizes.steps * sizes.batch
    func memory(_ count: Int) -> Memory<Float> { Memory(repeating: .nan, count: count) }
    let inputs = operand(x, type)
    let weights = (0..<directions).map { d in
      (operand(kernels[d], type), operand(recurrent[d], type), Memory(biases[d]))
    }
    let given = (state + slopes).map { Memory($0) }
    let lengths = sizes.lengths.map { Memory($0) }
    let results = [rows * units, states, states, rows * units, rows * 4 * units].map(memory)
    let gradients = [sizes.batch * sizes.steps * sizes.inputs, states, states].map(memory)
    let slots = (0..<directions).map { _ in
      [memory(sizes.inputs * 4 * units), memory(units * 4 * units), memory(4 * units)]
    }
    func set(_ d: Int) -> apus_lstm_weights {
      apus_lstm_weights(
        kernel: UnsafeRawPointer(weights[d].0.pointer),
        recurrent: UnsafeRawPointer(weights[d].1.pointer), bias: weights[d].2.pointer)
    }
    let last = directions - 1
    var forward = apus_lstm_forward_operands(
      x: UnsafeRawPointer(inputs.pointer), weights: (set(0), set(last)),
      initial_hidden: given[0].pointer, initial_cell: given[1].pointer,
      lengths: lengths?.pointer, hidden: results[0].pointer, final_hidden: results[1].pointer,
      final_cell: results[2].pointer, cells: results[3].pointer, gates: results[4].pointer)
    var backward = apus_lstm_backward_operands(
      x: UnsafeRawPointer(inputs.pointer), weights: (set(0), set(last)),
      initial_hidden: given[0].pointer, initial_cell: given[1].pointer,
      lengths: lengths?.pointer, hidden: results[0].pointer, cells: results[3].pointer,
      gates: results[4].pointer, hidden_gradient: given[2].pointer,
      final_hidden_gradient: given[3].pointer, final_cell_gradient: given[4].pointer,
      x_gradient: gradients[0].pointer,
      kernel_gradient: (slots[0][0].pointer, slots[last][0].pointer),
      recurrent_gradient: (slots[0][1].pointer, slots[last][1].pointer),
      bias_gradient: (slots[0][2].pointer, slots[last][2].pointer),
      initial_hidden_gradient: gradients[1].pointer,
      initial_cell_gradient: gradients[2].pointer)
    withScratch(apus_lstm_forward_scratch_bytes(&shape, threads)) {
      apus_lstm_forward(&shape, &forward, $0, threads)
    }
    withScratch(apus_lstm_backward_scratch_bytes(&shape, threads)) {
      apus_lstm_backward(&shape, &backward, $0, threads)
    }
    // C reads them through pointers, which keep nothing alive.
    withExtendedLifetime((inputs, weights, given, lengths)) {}
    var all: [String: [Float]] = [
      "hidden": results[0].values, "finalHidden": results[1].values,
      "finalCell": results[2].values, "cells": results[3].values, "gates": results[4].values,
      "x": gradients[0].values, "initialHidden": gradients[1].values,
      "initialCell": gradients[2].values,
    ]
    for d in 0..<directions {
      for (name, slot) in zip(["kernel", "recurrent", "bias"], slots[d]) {
        all["\(name)\(d)"] = slot.values
      }
    }
    return all
  }

  /// The same results by plain loops.
  func expected() -> [String: [Double]] {
    var loops = LSTMLoops(
      sizes, x: x.map(Double.init), state: state.map { $0.map(Double.init) },
      slopes: slopes.map { $0.map(Double.init) })
    for d in 0..<directions {
      loops.run(
        d, kernels[d].map(Double.init), recurrent[d].map(Double.init), biases[d].map(Double.init))
    }
    return loops.results
  }
}

/// The LSTM and its gradient as the formulas say, one sequence after the other.
struct LSTMLoops {
  private let sizes: LSTMTests.Sizes
  private let x: [Double]
  private let state: [[Double]]
  private let slopes: [[Double]]
  private(set) var results: [String: [Double]]

  init(_ sizes: LSTMTests.Sizes, x: [Double], state: [[Double]], slopes: [[Double]]) {
    (self.sizes, self.x, self.state, self.slopes) = (sizes, x, state, slopes)
    let rows = slopes[0].count
    results = [
      "hidden": [Double](repeating: 0, count: rows), "finalHidden": state[0],
      "finalCell": state[1], "cells": [Double](repeating: 0, count: rows),
      "gates": [Double](repeating: 0, count: 4 * rows),
      "x": [Double](repeating: 0, count: x.count), "initialHidden": slopes[1],
      "initialCell": slopes[2],
    ]
  }

  mutating func run(_ d: Int, _ kernel: [Double], _ recurrent: [Double], _ bias: [Double]) {
    for (name, count) in [
      ("kernel", kernel.count), ("recurrent", recurrent.count), ("bias", bias.count),
    ] { results["\(name)\(d)"] = [Double](repeating: 0, count: count) }
    for b in 0..<sizes.batch { sequence(d, b, kernel, recurrent, bias) }
  }

  /// What one step had, for the way back.
  private struct Step {
    let t: Int
    let before: (hidden: [Double], cell: [Double])
    let gates: [[Double]]
    let cell: [Double]
  }

  private func hiddenPlace(_ d: Int, _ b: Int, _ t: Int) -> Int {
    ((b * sizes.steps + t) * sizes.reversed.count + d) * sizes.units
  }

  private func keptPlace(_ d: Int, _ b: Int, _ t: Int) -> Int {
    ((d * sizes.steps + t) * sizes.batch + b) * sizes.units
  }

  private mutating func put(_ name: String, _ place: Int, _ values: [Double], adding: Bool = false)
  {
    for (index, value) in values.enumerated() {
      results[name, default: []][place + index] =
        value + (adding ? results[name, default: []][place + index] : 0)
    }
  }

  private mutating func sequence(
    _ d: Int, _ b: Int, _ kernel: [Double], _ recurrent: [Double], _ bias: [Double]
  ) {
    let (units, place) = (sizes.units, (d * sizes.batch + b) * sizes.units)
    var hidden = Array(state[0][place..<place + units])
    var cell = Array(state[1][place..<place + units])
    var steps: [Step] = []
    let order = Array(0..<sizes.steps)
    for t in sizes.reversed[d] ? order.reversed() : order {
      if let lengths = sizes.lengths, t >= Int(lengths[b]) {
        put("cells", keptPlace(d, b, t), cell)
        continue
      }
      let before = (hidden, cell)
      let row = (b * sizes.steps + t) * sizes.inputs
      var sums = bias
      for column in sums.indices {
        for k in 0..<sizes.inputs { sums[column] += x[row + k] * kernel[k * 4 * units + column] }
        for k in 0..<units { sums[column] += hidden[k] * recurrent[k * 4 * units + column] }
      }
      let gates = (0..<4).map { gate in
        sums[gate * units..<(gate + 1) * units].map {
          gate == 2 ? tanh($0) : 1 / (1 + exp(-$0))
        }
      }
      for u in 0..<units {
        cell[u] = gates[1][u] * cell[u] + gates[0][u] * gates[2][u]
        hidden[u] = gates[3][u] * tanh(cell[u])
      }
      put("hidden", hiddenPlace(d, b, t), hidden)
      put("cells", keptPlace(d, b, t), cell)
      put("gates", 4 * keptPlace(d, b, t), gates.flatMap { $0 })
      steps.append(Step(t: t, before: before, gates: gates, cell: cell))
    }
    put("finalHidden", place, hidden)
    put("finalCell", place, cell)
    back(d, b, steps, kernel, recurrent)
  }

  private mutating func back(
    _ d: Int, _ b: Int, _ steps: [Step], _ kernel: [Double], _ recurrent: [Double]
  ) {
    let (units, place) = (sizes.units, (d * sizes.batch + b) * sizes.units)
    var dh = Array(slopes[1][place..<place + units])
    var dc = Array(slopes[2][place..<place + units])
    for step in steps.reversed() {
      var sums = [Double](repeating: 0, count: 4 * units)
      for u in 0..<units {
        let (i, f, g, o) = (step.gates[0][u], step.gates[1][u], step.gates[2][u], step.gates[3][u])
        let (h, value) = (dh[u] + slopes[0][hiddenPlace(d, b, step.t) + u], tanh(step.cell[u]))
        let c = dc[u] + h * o * (1 - value * value)
        sums[u] = c * g * i * (1 - i)
        sums[units + u] = c * step.before.cell[u] * f * (1 - f)
        sums[2 * units + u] = c * i * (1 - g * g)
        sums[3 * units + u] = h * value * o * (1 - o)
        dc[u] = c * f
      }
      let row = (b * sizes.steps + step.t) * sizes.inputs
      put("bias\(d)", 0, sums, adding: true)
      for k in 0..<sizes.inputs {
        put("kernel\(d)", k * 4 * units, sums.map { $0 * x[row + k] }, adding: true)
        let weights = kernel[k * 4 * units..<(k + 1) * 4 * units]
        put("x", row + k, [zip(weights, sums).reduce(0) { $0 + $1.0 * $1.1 }], adding: true)
      }
      for k in 0..<units {
        let before = step.before.hidden[k]
        put("recurrent\(d)", k * 4 * units, sums.map { $0 * before }, adding: true)
        let weights = recurrent[k * 4 * units..<(k + 1) * 4 * units]
        dh[k] = zip(weights, sums).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
    put("initialHidden", place, dh)
    put("initialCell", place, dc)
  }
}
