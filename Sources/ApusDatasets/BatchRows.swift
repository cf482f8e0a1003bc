/// The rows of a batch that hold its pictures, or its labels; as many again may follow.
struct BatchRows {
  let start: UnsafeMutablePointer<Float>
  let count: Int
  /// Numbers of a row.
  let size: Int

  /// Blends the first row with the last, the second with the one before it, and so on.
  ///
  /// - Parameter share: `λ`: a row becomes `λ·own + (1 − λ)·other`.
  func mix(_ share: Float) {
    for row in 0..<count / 2 {
      let (first, last) = (start + row * size, start + (count - 1 - row) * size)
      for index in 0..<size {
        let (own, other) = (first[index], last[index])
        first[index] = other + share * (own - other)
        last[index] = own + share * (other - own)
      }
    }
  }

  /// Writes the mirror images of all rows, pictures of `side × side` pixels, after them.
  func mirror(side: Int) {
    let channels = size / (side * side)
    var from = UnsafePointer(start)
    var line = start + count * size
    for _ in 0..<count * side {
      for column in (0..<side).reversed() {
        for channel in 0..<channels { line[column * channels + channel] = from[channel] }
        from += channels
      }
      line += side * channels
    }
  }

  /// Writes all rows once more after them.
  func repeatAll() {
    (start + count * size).update(from: start, count: count * size)
  }
}
