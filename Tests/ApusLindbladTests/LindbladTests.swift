import ApusLindblad
import Numerics
import Testing

@Suite struct LindbladTests {
  private func difference(_ a: Complex<Double>, _ b: Complex<Double>) -> Double { (a - b).length }

  /// A level of energy `ω` that falls to the ground state at rate `γ`.
  @Test func twoLevelsDecay() throws {
    let (energy, rate) = (3.0, 0.7)
    let equation = try LindbladEquation(
      hamiltonian: .number(2).scaled(by: Complex(energy)), jumps: [(.annihilation(2), rate)])
    let start = try DensityMatrix.pure([Complex(0.6), Complex(0, 0.8)])
    let times = [0, 0.2, 1, 5.0]
    for (time, state) in zip(times, try equation.solve(from: start, at: times)) {
      let excited = 0.64 * Double.exp(-rate * time)
      #expect(abs(state.populations[1] - excited) < 1e-8)
      #expect(abs(state.trace - 1) < 1e-12)
      let phase = Complex.exp(Complex(-rate / 2 * time, -energy * time))
      #expect(difference(state[1, 0], start[1, 0] * phase) < 1e-8)
      #expect(state[0, 1] == state[1, 0].conjugate)
    }
  }

  /// `H = Δ a†a + ε(a + a†)` with loss `κ`: a coherent state at
  /// `α(t) = α_∞ (1 − e^(−(κ/2 + iΔ)t))`, `α_∞ = −iε/(κ/2 + iΔ)`.
  @Test func aDrivenCavityIsCoherent() throws {
    let (detuning, drive, loss, levels) = (0.8, 0.5, 1.0, 24)
    let a = try SparseOperator.annihilation(levels)
    let energy = try SparseOperator.number(levels).scaled(by: Complex(detuning))
      .adding(a.adding(a.adjoint).scaled(by: Complex(drive)))
    let equation = try LindbladEquation(hamiltonian: energy, jumps: [(a, loss)])
    let damping = Complex(loss / 2, detuning)
    let times = [0.5, 2, 10.0]
    let states = try equation.solve(from: .state(0, of: levels), at: times)
    for (time, state) in zip(times, states) {
      let amplitude = Complex(0, -drive) / damping * (.one - .exp(-damping * Complex(time)))
      #expect(difference(try state.expectation(of: a), amplitude) < 1e-7)
      let mean = amplitude.lengthSquared
      let quanta = try state.expectation(of: .number(levels))
      #expect(difference(quanta, Complex(mean)) < 1e-7)
      #expect(abs(state.populations[0] - Double.exp(-mean)) < 1e-7)
      #expect(abs(state.purity - 1) < 1e-7)
    }
  }

  /// Loss at `κ(n̄ + 1)` and gain at `κn̄`: the mean tends to `n̄` at rate `κ`.
  @Test func aBathWarmsACavity() throws {
    let (loss, bath, levels) = (0.6, 0.3, 40)
    let a = try SparseOperator.annihilation(levels)
    let equation = try LindbladEquation(
      hamiltonian: .number(levels), jumps: [(a, loss * (bath + 1)), (a.adjoint, loss * bath)])
    let state = try equation.solve(from: .state(2, of: levels), at: [1.5])[0]
    let mean = try state.expectation(of: .number(levels))
    #expect(difference(mean, Complex(bath + (2 - bath) * Double.exp(-loss * 1.5))) < 1e-7)
  }

  /// With jumps alone the diagonal follows the classical master equation.
  @Test func jumpsAloneAreTheClassicalMasterEquation() throws {
    let balls = 4
    var jumps: [(operator: SparseOperator, rate: Double)] = []
    for left in 0...balls {
      if left > 0 {
        jumps.append((try .jump(from: left, to: left - 1, dimension: 5), Double(left)))
      }
      if left < balls {
        jumps.append((try .jump(from: left, to: left + 1, dimension: 5), Double(balls - left)))
      }
    }
    let still = try SparseOperator(dimension: 5, entries: [])
    let equation = try LindbladEquation(hamiltonian: still, jumps: jumps)
    let state = try equation.solve(from: .state(balls, of: 5), at: [0.3])[0]
    let share = (1 + Double.exp(-0.6)) / 2
    let ways = [1.0, 4, 6, 4, 1]
    for left in 0...balls {
      let exact =
        ways[left] * Double.pow(share, Double(left)) * Double.pow(1 - share, Double(balls - left))
      #expect(abs(state.populations[left] - exact) < 1e-9)
    }
  }

  /// Two systems that know nothing of each other: expectations of a product are products.
  @Test func pairsAreTensorProducts() throws {
    let (first, second) = (try SparseOperator.number(2), try SparseOperator.annihilation(3))
    let pair = try first.tensorProduct(with: second)
    #expect(pair.dimension == 6)
    #expect(pair[1 * 3 + 0, 1 * 3 + 1] == .one)
    #expect(pair[0 * 3 + 0, 0 * 3 + 1] == .zero)
    let energy = try first.tensorProduct(with: .identity(3))
    let loss = try SparseOperator.identity(2).tensorProduct(with: second)
    let equation = try LindbladEquation(hamiltonian: energy, jumps: [(loss, 1)])
    let state = try equation.solve(from: .state(1 * 3 + 2, of: 6), at: [0.4])[0]
    #expect(abs(state.populations[0..<3].reduce(0, +)) < 1e-12)
    #expect(abs(state.populations[5] - Double.exp(-0.8)) < 1e-9)
  }

  @Test func refusalsAreOneSentence() throws {
    func text(_ body: () throws -> Void) -> String {
      do {
        try body()
        return ""
      } catch { return "\(error)" }
    }
    let a = try SparseOperator.annihilation(3)
    #expect(
      text { _ = try LindbladEquation(hamiltonian: a, jumps: []) }
        .hasPrefix("the Hamiltonian is not Hermitian"))
    let number = try SparseOperator.number(3)
    #expect(
      text { _ = try LindbladEquation(hamiltonian: number, jumps: [(a, -1)]) }
        == "the rate of a jump is -1.0; expected a finite number of at least 0")
    #expect(
      text { _ = try LindbladEquation(hamiltonian: .number(2), jumps: [(a, 1)]) }
        == "a jump has dimension 3; expected 2")
    var equation = try LindbladEquation(hamiltonian: number, jumps: [(a, 1)])
    #expect(
      text { _ = try equation.solve(from: .state(0, of: 3), at: [2, 1]) }.contains("not fall"))
    #expect(
      text { _ = try equation.solve(from: .state(0, of: 2), at: [1]) }.contains("dimension 2"))
    equation.maximumSteps = 3
    #expect(
      text { _ = try equation.solve(from: .state(2, of: 3), at: [1e6]) }.hasPrefix(
        "3 steps of time"))
    #expect(
      text { _ = try DensityMatrix(dimension: 1, elements: [Complex(0.5)]) }.contains("sum to 0.5"))
    #expect(text { _ = try DensityMatrix.state(3, of: 3) }.contains("no state 3"))
    #expect(
      text { _ = try SparseOperator(dimension: 0, entries: []) }.contains("expected 1 to 4096"))
    #expect(
      text { _ = try SparseOperator(dimension: 2, entries: [(0, 2, .one)]) }.contains("column 2"))
  }
}
