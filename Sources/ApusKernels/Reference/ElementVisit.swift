import ApusTensors

/// Visits the elements of `shape` row by row, with each one's offset in an array of other strides.
///
/// One walk serves every operation that moves or sums along axes: a stride of 0 repeats or sums an
/// axis, a multiple skips, a negative one reverses, and exchanged ones transpose.
func visit(
  _ shape: Shape, strides: [Int], from start: Int = 0, _ body: (_ index: Int, _ offset: Int) -> Void
) {
  precondition(strides.count == shape.rank, "\(strides.count) strides for \(shape.rank) axes")
  var position = [Int](repeating: 0, count: shape.rank)
  var offset = start
  for index in 0..<shape.count {
    body(index, offset)
    for axis in position.indices.reversed() {
      position[axis] += 1
      offset += strides[axis]
      guard position[axis] == shape[axis] else { break }
      offset -= shape[axis] * strides[axis]
      position[axis] = 0
    }
  }
}
