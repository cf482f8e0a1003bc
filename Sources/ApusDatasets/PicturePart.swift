/// Pixels above a threshold that hang together, by sides or corners: how many, and the rectangle around.
struct PicturePart {
  private var area: Int
  private(set) var rows: Range<Int>
  private(set) var columns: Range<Int>

  /// Makes the rectangle go around another part too.
  private mutating func include(_ other: PicturePart) {
    rows = min(rows.lowerBound, other.rows.lowerBound)..<max(rows.upperBound, other.rows.upperBound)
    columns =
      min(
        columns.lowerBound, other.columns.lowerBound)..<max(
        columns.upperBound, other.columns.upperBound)
  }

  private func touchesBorder(of plane: GreyPlane) -> Bool {
    rows.lowerBound == 0 || columns.lowerBound == 0 || rows.upperBound == plane.height
      || columns.upperBound == plane.width
  }

  /// The rectangle around everything above a threshold, or nil where nothing is.
  static func all(of plane: GreyPlane, above threshold: Float) -> PicturePart? {
    let runs = (0..<plane.height).flatMap { Self.runs(of: plane, row: $0, above: threshold) }
    return runs.first.map { first in runs.reduce(into: first) { $0.include($1) } }
  }

  /// What may belong to an item.
  struct Criterion {
    /// Pixels above this level.
    var threshold: Float
    /// Parts of as many pixels and more.
    var area: Int
  }

  /// The rectangle around a picture's item, or nil where there is none.
  ///
  /// Its main part is the largest, or one away from the border that has a quarter of its pixels. Other parts
  /// belong to the item if they have a hundredth of the main part's and do not touch the border, however large
  /// they are: the rest is dust, a shadow, or the edge of a table.
  static func item(of plane: GreyPlane, _ criterion: Criterion) -> PicturePart? {
    var labeling = RunLabeling()
    for row in 0..<plane.height {
      labeling.add(runs(of: plane, row: row, above: criterion.threshold))
    }
    let parts = labeling.parts.filter { $0.area >= criterion.area }
    let inner = parts.filter { !$0.touchesBorder(of: plane) }
    guard let largest = parts.max(by: { $0.area < $1.area }) else { return nil }
    let largestInner = inner.max { $0.area < $1.area } ?? largest
    let main = 4 * largestInner.area >= largest.area ? largestInner : largest
    return inner.reduce(into: main) { item, part in
      if 100 * part.area >= main.area { item.include(part) }
    }
  }

  /// The parts within one row.
  private static func runs(
    of plane: GreyPlane, row: Int, above threshold: Float
  ) -> [PicturePart] {
    var runs: [PicturePart] = []
    var start: Int?
    for column in 0...plane.width {
      let isAbove = column < plane.width && plane.values[row * plane.width + column] > threshold
      if isAbove, start == nil { start = column }
      guard !isAbove, let first = start else { continue }
      runs.append(PicturePart(area: column - first, rows: row..<row + 1, columns: first..<column))
      start = nil
    }
    return runs
  }

  /// Makes this part have another's pixels too.
  fileprivate mutating func join(_ other: PicturePart) {
    area += other.area
    include(other)
  }
}

/// Runs of pixels, row by row, that become parts with those they touch in the row above.
///
/// Reference: He, Chao, Suzuki (2008), "A run-based two-scan labeling algorithm", IEEE Trans. Image
/// Process. 17.
private struct RunLabeling {
  private var runs: [PicturePart] = []
  /// For each run another of its part, itself where it stands for the part (union and find).
  private var parents: [Int] = []
  private var rowAbove = 0..<0

  mutating func add(_ row: [PicturePart]) {
    let added = runs.count..<runs.count + row.count
    runs += row
    parents += added
    var first = rowAbove.lowerBound
    for run in added {
      let columns = runs[run].columns
      while first < rowAbove.upperBound, runs[first].columns.upperBound < columns.lowerBound {
        first += 1
      }
      for above in first..<rowAbove.upperBound {
        guard runs[above].columns.lowerBound <= columns.upperBound else { break }
        parents[root(run)] = root(above)
      }
    }
    rowAbove = added
  }

  private mutating func root(_ run: Int) -> Int {
    var run = run
    while parents[run] != run {
      parents[run] = parents[parents[run]]
      run = parents[run]
    }
    return run
  }

  var parts: [PicturePart] {
    var (labeling, parts) = (self, runs)
    for run in runs.indices where labeling.root(run) != run {
      parts[labeling.root(run)].join(runs[run])
    }
    return runs.indices.filter { parents[$0] == $0 }.map { parts[$0] }
  }
}
