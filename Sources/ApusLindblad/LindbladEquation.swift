import ApusNumerics
import Numerics

/// The master equation of an open quantum system without memory, with `ħ = 1`:
/// `dρ/dt = −i[H, ρ] + Σ γ (L ρ L† − ½ (L†L ρ + ρ L†L))`.
///
/// The classical master equation is the case of jumps `L = |y⟩⟨x|` with rates `γ = W_xy`: the
/// probabilities on the diagonal then follow it. Time is in the unit that `H` and the rates have.
///
/// ```swift
/// let equation = try LindbladEquation(
///   hamiltonian: .number(2), jumps: [(operator: .annihilation(2), rate: 0.5)])
/// let excited = try equation.solve(from: .state(1, of: 2), at: [1])[0].populations[1]  // e^−0.5
/// ```
///
/// References: Lindblad (1976), "On the generators of quantum dynamical semigroups", Commun. Math.
/// Phys. 48; Gorini, Kossakowski, Sudarshan (1976), J. Math. Phys. 17.
public struct LindbladEquation: Sendable {
  public let dimension: Int
  /// The largest error of an element that a step of time may add.
  public var tolerance = 1e-10
  public var maximumSteps = 1_000_000

  /// `−iH − ½ Σ γ L†L`.
  private let drift: SparseOperator
  /// `√γ L`.
  private let jumps: [SparseOperator]

  /// - Parameters:
  ///   - hamiltonian: the energy; Hermitian.
  ///   - jumps: what happens to the system, and how often.
  /// - Throws: ``LindbladError`` where dimensions differ, the energy is not Hermitian within 1e-9 or a
  ///   rate is negative or not finite.
  public init(
    hamiltonian: SparseOperator, jumps: [(operator: SparseOperator, rate: Double)]
  ) throws(LindbladError) {
    let difference = hamiltonian.asymmetry
    guard difference <= 1e-9 else { throw .notHermitian("the Hamiltonian", difference: difference) }
    dimension = hamiltonian.dimension
    var drift = hamiltonian.scaled(by: Complex(0, -1))
    var scaled: [SparseOperator] = []
    for (jump, rate) in jumps {
      guard jump.dimension == dimension else {
        throw .dimension("a jump", expected: dimension, got: jump.dimension)
      }
      guard rate >= 0, rate.isFinite else {
        throw .setting("the rate of a jump is \(rate); expected a finite number of at least 0")
      }
      let decay = try jump.adjoint.product(with: jump).scaled(by: Complex(-rate / 2))
      drift = try drift.adding(decay)
      scaled.append(jump.scaled(by: Complex(rate.squareRoot())))
    }
    (self.drift, self.jumps) = (drift, scaled)
  }

  /// `dρ/dt` at `ρ`.
  public func derivative(of state: DensityMatrix) throws(LindbladError) -> [Complex<Double>] {
    try expectDimension(of: state)
    return derivative(of: state.elements)
  }

  /// The states at `times`, which must not fall, from `state` at time 0.
  ///
  /// - Throws: ``LindbladError``, also where ``maximumSteps`` do not suffice.
  public func solve(
    from state: DensityMatrix, at times: [Double]
  ) throws(LindbladError) -> [DensityMatrix] {
    try expectDimension(of: state)
    guard tolerance > 0, tolerance.isFinite else {
      throw .setting("the tolerance is \(tolerance); expected a finite number above 0")
    }
    var integration = DormandPrince(Self.parts(of: state.elements), absoluteTolerance: tolerance)
    var results: [DensityMatrix] = []
    var last = 0.0
    for time in times {
      guard time >= last, time.isFinite else {
        throw .setting("time \(time) comes after \(last); times must be finite and not fall")
      }
      while integration.time < time {
        let isDone = integration.step(to: time, most: max(0, maximumSteps - integration.tries)) {
          _, parts, slopes in
          slopes = Self.parts(of: derivative(of: Self.elements(of: parts)))
        }
        guard isDone else { throw .stepLimit(limit: maximumSteps, time: integration.time) }
      }
      results.append(
        DensityMatrix(unchecked: Self.elements(of: integration.values), dimension: dimension))
      last = time
    }
    return results
  }

  /// Real and imaginary part of each element, one after the other.
  private static func parts(of elements: [Complex<Double>]) -> [Double] {
    Array(unsafeUninitializedCapacity: 2 * elements.count) { parts, count in
      for (index, element) in elements.enumerated() {
        parts.initializeElement(at: 2 * index, to: element.real)
        parts.initializeElement(at: 2 * index + 1, to: element.imaginary)
      }
      count = 2 * elements.count
    }
  }

  private static func elements(of parts: [Double]) -> [Complex<Double>] {
    (0..<parts.count / 2).map { Complex(parts[2 * $0], parts[2 * $0 + 1]) }
  }

  private func expectDimension(of state: DensityMatrix) throws(LindbladError) {
    guard state.dimension == dimension else {
      throw .dimension("the state", expected: dimension, got: state.dimension)
    }
  }

  /// `Kρ + (Kρ)† + Σ LρL†`, where `ρ` is Hermitian.
  private func derivative(of elements: [Complex<Double>]) -> [Complex<Double>] {
    let half = product(drift, elements)
    var result = half
    add(adjoint(half), to: &result)
    for jump in jumps { add(product(jump, adjoint(product(jump, elements))), to: &result) }
    return result
  }

  private func product(
    _ factor: SparseOperator, _ elements: [Complex<Double>]
  ) -> [Complex<Double>] {
    var result = [Complex<Double>](repeating: .zero, count: elements.count)
    for row in 0..<dimension {
      for entry in factor.starts[row]..<factor.starts[row + 1] {
        let (value, source) = (factor.values[entry], factor.columns[entry] * dimension)
        for column in 0..<dimension {
          result[row * dimension + column] += value * elements[source + column]
        }
      }
    }
    return result
  }

  private func adjoint(_ elements: [Complex<Double>]) -> [Complex<Double>] {
    var result = elements
    for row in 0..<dimension {
      for column in 0..<dimension {
        result[column * dimension + row] = elements[row * dimension + column].conjugate
      }
    }
    return result
  }

  private func add(_ elements: [Complex<Double>], to sum: inout [Complex<Double>]) {
    for index in sum.indices { sum[index] += elements[index] }
  }
}
