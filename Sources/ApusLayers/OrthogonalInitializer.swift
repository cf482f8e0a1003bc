import ApusNumerics
import ApusTensors

/// Values whose matrix `[other axes, last axis]` has orthonormal columns, or rows where it is wide.
///
/// Gaussian columns are made orthonormal by the modified Gram–Schmidt process, twice, which keeps
/// the loss of orthogonality at rounding level. Signs need no correction: the process leaves the
/// diagonal of `R` positive, so the result is uniform over the orthogonal group.
///
/// Reference: Mezzadri (2007), "How to generate random matrices from the classical compact groups".
func orthogonalValues(
  for shape: Shape, gain: Double, using generator: inout some RandomNumberGenerator
) -> [Float] {
  let columns = shape[shape.rank - 1]
  let rows = shape.extents.dropLast().reduce(1, *)
  let (length, count) = (max(rows, columns), min(rows, columns))
  var vectors: [[Double]] = []
  for _ in 0..<count {
    var vector = (0..<length).map { _ in generator.normal() }
    for _ in 0..<2 {
      for other in vectors {
        var product = 0.0
        for index in 0..<length { product += other[index] * vector[index] }
        for index in 0..<length { vector[index] -= product * other[index] }
      }
    }
    let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    vectors.append(vector.map { $0 / norm })
  }
  return (0..<rows * columns).map { position in
    let (row, column) = (position / columns, position % columns)
    return Float(gain * (rows >= columns ? vectors[column][row] : vectors[row][column]))
  }
}
