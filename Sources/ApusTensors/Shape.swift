/// The extents of a tensor, outermost axis first; `[]` is the shape of a scalar.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral {
  /// The length of each axis, never negative.
  public let extents: [Int]

  /// Makes a shape from the length of each axis.
  ///
  /// - Precondition: no extent is negative and their product fits an `Int`; readers of foreign
  ///   bytes use ``init(checking:)``.
  public init(_ extents: [Int]) {
    precondition(Shape(checking: extents) != nil, "extents \(extents) are no shape")
    self.extents = extents
  }

  /// Makes a shape, or nil where an extent is negative or the number of elements overflows.
  public init?(checking extents: [Int]) {
    var count = 1
    for extent in extents where extent != 0 {
      guard extent > 0 else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Int.max / 16 else { return nil }
      count = product
    }
    self.extents = extents
  }

  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The number of axes.
  public var rank: Int { extents.count }

  /// The number of elements.
  public var count: Int { extents.reduce(1, *) }

  /// The distance between neighbours along each axis in a row-major layout, in elements.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * extents[axis + 1]
    }
    return strides
  }

  /// The length of one axis.
  public subscript(axis: Int) -> Int { extents[axis] }
}

extension Shape: CustomStringConvertible {
  public var description: String { extents.description }
}
