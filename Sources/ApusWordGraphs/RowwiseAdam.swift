import ApusGraph
import ApusTensors
import Glibc

/// Adam on tables of which a step uses few rows: those without a gradient stay, their moments too.
///
/// `m ← m + (g − m)(1 − β₁)`, `v ← v + (g² − v)(1 − β₂)`, `w ← w − ρ·m/(√v + ε)` with Keras' constants.
///
/// Reference: Kingma, Ba (2015), "Adam", arXiv:1412.6980.
enum RowwiseAdam {
  static let meanDecay = 0.9
  static let squareDecay = 0.999
  static let epsilon = 1e-7

  /// A table's running means.
  struct Slots {
    let mean: Variable
    let square: Variable

    init(of variable: Variable) {
      mean = Variable("\(variable.name)/mean", variable.type, isTrainable: false)
      square = Variable("\(variable.name)/square", variable.type, isTrainable: false)
    }
  }

  /// `ρ = η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)` of step `t`, 1 for the first.
  static func rate(_ learningRate: Double, step: Int) -> Double {
    learningRate * (1 - pow(squareDecay, Double(step))).squareRoot()
      / (1 - pow(meanDecay, Double(step)))
  }

  static func updates(
    of variable: Variable, _ value: Node, _ gradient: Node, _ rate: Node, _ slots: Slots
  ) throws(GraphError) -> [Computation.Update] {
    let (mean, square) = (try Node.value(of: slots.mean), try Node.value(of: slots.square))
    var isUsed = try gradient.absolute()
    if gradient.shape.rank > 1 {
      isUsed = try isUsed.sum(overAxes: Array(1..<gradient.shape.rank), keepingAxes: true)
    }
    isUsed = try isUsed.isGreater(than: 0)
    let newMean = try Node.select(isUsed, mean + (gradient - mean) * (1 - meanDecay), mean)
    let newSquare = try Node.select(
      isUsed, square + (gradient.squared() - square) * (1 - squareDecay), square)
    let moved = try value - newMean * rate / (newSquare.squareRoot() + epsilon)
    return [
      .init(variable, to: try Node.select(isUsed, moved, value)), .init(slots.mean, to: newMean),
      .init(slots.square, to: newSquare),
    ]
  }
}
