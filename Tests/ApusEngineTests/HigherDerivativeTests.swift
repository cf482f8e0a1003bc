import ApusEngine
import ApusGraph
import ApusTensors
import ApusTestSupport
import Testing

struct HigherDerivativeTests {
  /// Derivatives of derivatives of whole graphs, as a gradient penalty needs them.
  @Test(arguments: 0..<300)
  func randomGraphsMatchDifferences(seed: Int) throws {
    let graph = try RandomGraph(seed: UInt64(seed), operations: 3...12)
    var check = DerivativeCheck(inputs: graph.inputs, at: graph.numbers, seed: 11)
    for (order, error) in try check.errors(of: graph.total, upTo: 2).enumerated() {
      #expect(error < 1e-5, "order \(order + 1) of \(graph.trail): relative error \(error)")
    }
  }

  /// The passes of the fast engine, its fusion and its memory plan, on graphs nobody wrote.
  @Test(arguments: 0..<60)
  func randomGraphsRunFastAsInTheReference(seed: Int) throws {
    func values(_ realType: DataType, _ options: EngineOptions) throws -> [Tensor] {
      let graph = try RandomGraph(
        seed: UInt64(1000 + seed), operations: 3...8, realType: realType)
      let first = try gradients(of: graph.total, with: graph.inputs)
      var penalty = graph.total
      for gradient in first { penalty = try penalty + gradient.squared().sum() }
      let second = try gradients(of: penalty, with: graph.inputs)
      let program = try Program(
        Computation(inputs: graph.inputs, outputs: [graph.total] + first + second),
        options: options)
      try program.run(
        zip(graph.inputs, graph.numbers).map { input, numbers in
          realType == .float32
            ? Tensor(numbers.map { Float($0) }, shape: input.shape)
            : Tensor(numbers, shape: input.shape)
        })
      return program.outputs()
    }
    let expected = try values(.float64, .reference)
    let actual = try values(.float32, EngineOptions(threads: 2))
    for (index, (value, wanted)) in zip(actual, expected).enumerated() {
      let error = relativeError(of: value.doubles, to: wanted.doubles, floor: 1e-3)
      #expect(error < 1e-3, "result \(index): relative error \(error)")
    }
  }

  /// `f(x) = Σ aₖ·tanh(wₖ·x)` has `f‴(x) = Σ −2·aₖ·wₖ³·(1 − t²)·(1 − 3t²)` with `t = tanh(wₖ·x)`.
  @Test func thirdDerivativeOfATanhNetworkIsRight() throws {
    let (a, w, x) = ([0.5, -1.25, 2], [1.5, 0.75, -0.5], [0.3, -0.8])
    let input = try Node.placeholder("x", TensorType([2, 1], .float64))
    let hidden = try input.matrixProduct(with: .constant(Tensor(w, shape: [1, 3]))).tanh()
    let output = try hidden.matrixProduct(with: .constant(Tensor(a, shape: [3, 1])))
    var derivative = output
    for _ in 0..<3 { derivative = try gradients(of: derivative, with: [input])[0] }
    let program = try Program(
      Computation(inputs: [input], outputs: [derivative]), options: .reference)
    try program.run([Tensor(x, shape: [2, 1])])
    let values = try Program(
      Computation(inputs: [input], outputs: [hidden]), options: .reference)
    try values.run([Tensor(x, shape: [2, 1])])
    let t = values.output(0).doubles
    let expected = (0..<2).map { row in
      (0..<3).reduce(0.0) { sum, k in
        let square = t[row * 3 + k] * t[row * 3 + k]
        return sum - 2 * a[k] * w[k] * w[k] * w[k] * (1 - square) * (1 - 3 * square)
      }
    }
    #expect(relativeError(of: program.output(0).doubles, to: expected) < 1e-13)
  }

  /// A generated batch equal to a real one must not make the penalty NaN.
  @Test func normAtZeroHasFiniteDerivatives() throws {
    let x = try Node.placeholder("x", TensorType([2, 3], .float64))
    let norm = try x.norm(overAxes: [1]).sum()
    let first = try gradients(of: norm, with: [x])[0]
    let second = try gradients(of: first.squared().sum() + norm, with: [x])[0]
    let program = try Program(
      Computation(inputs: [x], outputs: [first, second]), options: .reference)
    try program.run([Tensor([0, 0, 0, 3, 4, 0] as [Double], shape: [2, 3])])
    #expect(relativeError(of: program.output(0).doubles, to: [0, 0, 0, 0.6, 0.8, 0]) < 1e-15)
    let values = program.output(1).doubles
    #expect(values.allSatisfy { $0.isFinite })
  }

  /// The gradient penalty of a small critic, differentiated with respect to its weights.
  @Test func gradientPenaltyMatchesDifferences() throws {
    let shapes: [Shape] = [[3, 5], [5, 4], [4], [4, 1]]
    var inputs: [Node] = []
    for shape in shapes { inputs.append(try .placeholder("operand", TensorType(shape, .float64))) }
    let hidden = try (inputs[0].matrixProduct(with: inputs[1]) + inputs[2]).relu()
    let score = try hidden.matrixProduct(with: inputs[3]).sum()
    let slope = try gradients(of: score, with: [inputs[0]])[0]
    let penalty = try (slope.norm(overAxes: [1]) - 0.1).relu().mean() * 10
    let numbers = shapes.enumerated().map { index, shape in
      (0..<shape.count).map { Double(($0 * 7 + index * 3) % 11) / 5 - 0.9 }
    }
    var check = DerivativeCheck(inputs: inputs, at: numbers, seed: 3)
    let errors = try check.errors(of: penalty, upTo: 1)
    #expect(errors[0] < 1e-7)
  }

  /// The final state of an LSTM comes without its axis of directions: its gradient is a reshape.
  @Test func slopesOfAnLSTMsFinalStateMatchDifferences() throws {
    let shapes: [Shape] = [[2, 3, 2], [2, 12], [3, 12], [12], [3, 1]]
    let inputs = try shapes.map { try Node.placeholder("operand", TensorType($0, .float64)) }
    let weights = LSTMWeights(kernel: inputs[1], recurrentKernel: inputs[2], bias: inputs[3])
    let final = try inputs[0].lstm([weights]).final.hidden.removingAxis(0)
    let score = try final.matrixProduct(with: inputs[4]).sum()
    let slope = try gradients(of: score, with: [inputs[0]])[0]
    let numbers = shapes.enumerated().map { index, shape in
      (0..<shape.count).map { Double(($0 * 7 + index * 3) % 11) / 5 - 0.9 }
    }
    var check = DerivativeCheck(inputs: inputs, at: numbers, seed: 5)
    for error in try check.errors(of: slope.squared().sum(), upTo: 1) { #expect(error < 1e-6) }
  }

  /// Derivatives with respect to a value on the way, which is what another operation makes anew.
  @Test func valuesOnTheWayHaveDerivatives() throws {
    let x = try Node.placeholder("x", TensorType([6], .float64))
    let matrix = try x.reshaped(to: [2, 3])
    let (turned, negative) = (try matrix.transposed(), try -x)
    let row = try matrix.reversed(alongAxes: [0])
    let slopes = try [
      gradients(of: matrix.reshaped(to: [3, 2]).squared(), with: [matrix])[0],
      gradients(of: turned.transposed().squared(), with: [turned])[0],
      gradients(of: (-negative).squared(), with: [negative])[0],
      gradients(of: row.reversed(alongAxes: [0]).squared(), with: [row])[0],
    ]
    let program = try Program(Computation(inputs: [x], outputs: slopes), options: .reference)
    try program.run([Tensor([1, 2, 3, 4, 5, 6] as [Double])])
    #expect(
      program.outputs().map(\.doubles) == [
        [2, 4, 6, 8, 10, 12], [2, 8, 4, 10, 6, 12], [-2, -4, -6, -8, -10, -12],
        [8, 10, 12, 2, 4, 6],
      ])
  }

  /// `e^(2x)` with `h = 2x`: the derivative along `x` is the whole one whether or not `h` is asked for.
  @Test func oneInputMayBeMadeOfAnother() throws {
    let x = try Node.placeholder("x", TensorType([2], .float64))
    let middle = try x * 2
    let slopes = try gradients(of: middle.exponential() + x, with: [middle, x])
    let program = try Program(Computation(inputs: [x], outputs: slopes), options: .reference)
    try program.run([Tensor([0, 0.5] as [Double])])
    let e = 2.718281828459045
    #expect(relativeError(of: program.output(0).doubles, to: [1, e]) < 1e-15)
    #expect(relativeError(of: program.output(1).doubles, to: [3, 1 + 2 * e]) < 1e-15)
  }

  /// Constants that are one or zero have derivatives as others do.
  @Test func constantsHaveDerivatives() throws {
    let x = try Node.placeholder("x", TensorType([2], .float64))
    let (none, one) = (try Node.constant(0, .float64), try Node.constant(1, .float64))
    let power = try Node.constant(3, .float64)
    let stretched = try (x * (1 + none)).squared().sum()
    let scaled = try x * one
    let cubed = try gradients(of: x.raised(to: power), with: [x])[0]
    let slopes = try [
      gradients(of: stretched, with: [none])[0], gradients(of: scaled, with: [one])[0],
      gradients(of: scaled.squared() + x, with: [scaled])[0],
      gradients(of: x / one - none, with: [one])[0], gradients(of: cubed, with: [power])[0],
    ]
    let program = try Program(Computation(inputs: [x], outputs: slopes), options: .reference)
    try program.run([Tensor([1, 2] as [Double])])
    // Of 3·x² with respect to 3 there are x² + 3·x²·log x.
    let found = program.outputs().map(\.doubles)
    #expect(Array(found.prefix(4)) == [[10], [3], [2, 4], [-3]])
    #expect(relativeError(of: found[4], to: [5 + 12 * 0.6931471805599453]) < 1e-14)
  }

  /// A row where everything is masked has −∞ and passes no gradient on.
  @Test(arguments: [EngineOptions(threads: 1), .reference])
  func anEmptyLogSumExpHasNoGradient(options: EngineOptions) throws {
    let x = try Node.placeholder("x", TensorType([2, 2]))
    let sums = try x.logSumExp(overAxes: [1])
    let slope = try gradients(of: sums, with: [x])[0]
    let program = try Program(Computation(inputs: [x], outputs: [sums, slope]), options: options)
    for (number, share) in [(-Float.infinity, 0.0), (-Float.greatestFiniteMagnitude, 0.5)] {
      try program.run([Tensor([number, number, 1, 1], shape: [2, 2])])
      #expect(program.output(0).doubles[0] == Double(number))
      #expect(program.output(1).doubles == [share, share, 0.5, 0.5])
    }
  }

  /// A product's derivative is that of its definition in its operands, though one is made of another.
  @Test func operandsOfADefinitionAreIndependent() throws {
    let x = try Node.placeholder("x", TensorType([2, 3], .float64))
    let scale = try x.sum(overAxes: [0]).tanh()
    let value = try x.layerNormalized(scale: scale, offset: scale, epsilon: 0.1)
    let numbers = [[0.1, -0.4, 0.7, 0.2, 0.5, -0.3]]
    var check = DerivativeCheck(inputs: [x], at: numbers, seed: 7)
    for error in try check.errors(of: (value * value.tanh()).sum(), upTo: 2) {
      #expect(error < 1e-6)
    }
  }
}
