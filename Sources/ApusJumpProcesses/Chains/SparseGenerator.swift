/// A generator `W` of a Markov jump process on states `0 ..< n`, of which only the jumps are kept.
///
/// `W_xy ≥ 0` is the rate from `x` to `y`, and `W_xx = −exits[x]`. Where the sum of a row is below
/// zero, what is missing leaves the set of states for good.
public struct SparseGenerator: Sendable {
  public let states: Int
  /// The rate at which each state is left.
  public let exits: [Double]
  /// The jumps into each state.
  let incoming: Jumps
  /// The jumps from each state.
  let outgoing: Jumps

  /// Jumps by the state at one end.
  struct Jumps: Sendable {
    var begin: [Int]
    /// The state at the other end, and the rate.
    var other: [Int32]
    var rate: [Double]
  }

  /// A jump from a state to another.
  public struct Transition: Sendable, Hashable {
    public var from: Int
    public var to: Int
    public var rate: Double

    public init(from: Int, to: Int, rate: Double) {
      self.from = from
      self.to = to
      self.rate = rate
    }
  }

  /// The generator of some jumps; several between the same states add up.
  ///
  /// - Parameter leaks: for each state the rate of leaving the set; none where it is empty.
  public init(
    states: Int, transitions: [Transition], leaks: [Double] = []
  ) throws(JumpProcessError) {
    var exits = leaks.isEmpty ? [Double](repeating: 0, count: states) : leaks
    for jump in transitions {
      guard 0..<states ~= jump.from, 0..<states ~= jump.to, jump.from != jump.to else {
        throw .setting(
          "a jump goes from state \(jump.from) to \(jump.to): expected two states of 0 to "
            + "\(states - 1)")
      }
      guard jump.rate >= 0, jump.rate < .infinity else {
        throw .setting(
          "the rate from state \(jump.from) to \(jump.to) is \(jump.rate); expected a finite "
            + "number of at least 0")
      }
      exits[jump.from] += jump.rate
    }
    self.states = states
    self.exits = exits
    incoming = Self.sorted(transitions, states, by: \.to, other: \.from)
    outgoing = Self.sorted(transitions, states, by: \.from, other: \.to)
  }

  /// The generator of a matrix, `W[x, y]` the rate from `x` to `y`; its diagonal is not read.
  public init(matrix: DenseMatrix) throws(JumpProcessError) {
    guard matrix.rows == matrix.columns else {
      throw .setting("a generator is square, got \(matrix.rows) × \(matrix.columns)")
    }
    var transitions: [Transition] = []
    for from in 0..<matrix.rows {
      for to in 0..<matrix.columns where from != to && matrix[from, to] != 0 {
        transitions.append(Transition(from: from, to: to, rate: matrix[from, to]))
      }
    }
    try self.init(states: matrix.rows, transitions: transitions)
  }

  /// A chain `0 — 1 — … — n`: `births[i]` from `i` to `i + 1`, `deaths[i]` from `i + 1` to `i`.
  public static func birthDeath(
    births: [Double], deaths: [Double]
  ) throws(JumpProcessError) -> SparseGenerator {
    guard births.count == deaths.count else {
      throw .setting("\(births.count) births and \(deaths.count) deaths; expected as many of both")
    }
    var transitions: [Transition] = []
    for index in births.indices {
      transitions.append(Transition(from: index, to: index + 1, rate: births[index]))
      transitions.append(Transition(from: index + 1, to: index, rate: deaths[index]))
    }
    return try SparseGenerator(states: births.count + 1, transitions: transitions)
  }

  private static func sorted(
    _ transitions: [Transition], _ states: Int, by end: (Transition) -> Int,
    other: (Transition) -> Int
  ) -> Jumps {
    var begin = [Int](repeating: 0, count: states + 1)
    for jump in transitions { begin[end(jump) + 1] += 1 }
    for state in 0..<states { begin[state + 1] += begin[state] }
    var next = begin
    var jumps = Jumps(
      begin: begin, other: Array(repeating: 0, count: transitions.count),
      rate: Array(repeating: 0, count: transitions.count))
    for jump in transitions {
      let place = next[end(jump)]
      next[end(jump)] += 1
      jumps.other[place] = Int32(other(jump))
      jumps.rate[place] = jump.rate
    }
    return jumps
  }

  /// Every jump, by the state it leaves.
  public var transitions: [Transition] {
    (0..<states).flatMap { from in
      (outgoing.begin[from]..<outgoing.begin[from + 1]).map {
        Transition(from: from, to: Int(outgoing.other[$0]), rate: outgoing.rate[$0])
      }
    }
  }

  /// The whole matrix.
  public var dense: DenseMatrix {
    var result = DenseMatrix(rows: states, columns: states)
    for jump in transitions { result[jump.from, jump.to] += jump.rate }
    for state in 0..<states { result[state, state] = -exits[state] }
    return result
  }

  /// The largest rate at which a state is left.
  public var largestExit: Double { exits.max() ?? 0 }

  /// The sum of the rates of jumps that stay in the set less the exit: 0 but for leaks.
  func rowSum(_ state: Int) -> Double {
    outgoing.rate[outgoing.begin[state]..<outgoing.begin[state + 1]].reduce(0, +) - exits[state]
  }
}

/// What probabilities flow through: a generator in whatever form.
protocol ProbabilityFlow {
  var states: Int { get }
  var largestExit: Double { get }
  /// `y = identity · x + scale · x W`, and `sum += weight · y` where `weight` is not 0.
  func apply(
    _ x: [Double], into y: inout [Double], identity: Double, scale: Double, weight: Double,
    sum: inout [Double])
  /// `x ← x + scale · x W`, once for each weight, and `sum += weight · x` after each; `room` is as
  /// large as `x`.
  func advance(
    _ x: inout [Double], room: inout [Double], scale: Double, weights: [Double],
    sum: inout [Double])
}

extension ProbabilityFlow {
  func advance(
    _ x: inout [Double], room: inout [Double], scale: Double, weights: [Double],
    sum: inout [Double]
  ) {
    for weight in weights {
      apply(x, into: &room, identity: 1, scale: scale, weight: weight, sum: &sum)
      swap(&x, &room)
    }
  }

  /// `x W`.
  func flow(_ x: [Double], into y: inout [Double]) {
    var none: [Double] = []
    apply(x, into: &y, identity: 0, scale: 1, weight: 0, sum: &none)
  }
}

extension SparseGenerator: ProbabilityFlow {
  func apply(
    _ x: [Double], into y: inout [Double], identity: Double, scale: Double, weight: Double,
    sum: inout [Double]
  ) {
    Self.multiply(incoming, exits, x, into: &y, identity: identity, scale: scale)
    guard weight != 0 else { return }
    for state in 0..<states { sum[state] += weight * y[state] }
  }

  /// `W f`, the rate of change of the mean of a function of the state.
  func drift(of f: [Double], into y: inout [Double]) {
    Self.multiply(outgoing, exits, f, into: &y, identity: 0, scale: 1)
  }

  private static func multiply(
    _ jumps: Jumps, _ exits: [Double], _ x: [Double], into y: inout [Double], identity: Double,
    scale: Double
  ) {
    x.withUnsafeBufferPointer { x in
      jumps.other.withUnsafeBufferPointer { other in
        jumps.rate.withUnsafeBufferPointer { rate in
          for state in exits.indices {
            var inflow = 0.0
            for place in jumps.begin[state]..<jumps.begin[state + 1] {
              inflow += rate[place] * x[Int(other[place])]
            }
            y[state] = (identity - scale * exits[state]) * x[state] + scale * inflow
          }
        }
      }
    }
  }
}
