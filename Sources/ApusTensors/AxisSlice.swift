/// What a slice takes of one axis: one index, or some of them in even steps.
public struct AxisSlice: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case index(Int)
    /// A nil start or end is the end of the axis the step comes from or goes to.
    case steps(start: Int?, end: Int?, step: Int)
  }

  let kind: Kind

  /// The whole axis.
  public static let all = AxisSlice(kind: .steps(start: nil, end: nil, step: 1))

  /// The whole axis from its last index to its first.
  public static let reversed = AxisSlice(kind: .steps(start: nil, end: nil, step: -1))

  /// One index; the axis is dropped from the result.
  public static func index(_ index: Int) -> AxisSlice { AxisSlice(kind: .index(index)) }

  /// Every `step`-th index from `start` until before `end`.
  ///
  /// A step below zero goes down, from a greater `start` to before a smaller `end`. Where a bound
  /// is nil the slice begins or ends with the axis.
  public static func from(_ start: Int? = nil, to end: Int? = nil, by step: Int) -> AxisSlice {
    AxisSlice(kind: .steps(start: start, end: end, step: step))
  }
}

/// What may stand for one axis in a tensor's subscript: an `Int`, a range or an ``AxisSlice``.
public protocol AxisSelection {
  /// The selection, spelled out.
  var axisSlice: AxisSlice { get }
}

extension AxisSlice: AxisSelection {
  public var axisSlice: AxisSlice { self }
}

extension Int: AxisSelection {
  public var axisSlice: AxisSlice { .index(self) }
}

extension Range<Int>: AxisSelection {
  public var axisSlice: AxisSlice { .from(lowerBound, to: upperBound, by: 1) }
}

extension ClosedRange<Int>: AxisSelection {
  public var axisSlice: AxisSlice { .from(lowerBound, to: upperBound + 1, by: 1) }
}

extension PartialRangeFrom<Int>: AxisSelection {
  public var axisSlice: AxisSlice { .from(lowerBound, by: 1) }
}

extension PartialRangeUpTo<Int>: AxisSelection {
  public var axisSlice: AxisSlice { .from(0, to: upperBound, by: 1) }
}

extension PartialRangeThrough<Int>: AxisSelection {
  public var axisSlice: AxisSlice { .from(0, to: upperBound + 1, by: 1) }
}

/// An axis slice with its numbers settled for one extent.
struct ResolvedSlice {
  let start: Int
  let count: Int
  let step: Int
  let keepsAxis: Bool

  /// The slice for an axis of `extent` elements, or the sentence that says what is wrong.
  init(_ slice: AxisSlice, axis: Int, extent: Int) throws(GraphError) {
    switch slice.kind {
    case .index(let index):
      guard 0 <= index, index < extent else {
        throw Self.error("index \(index) of axis \(axis) is outside 0..<\(extent)")
      }
      (start, count, step, keepsAxis) = (index, 1, 1, false)
    case .steps(let first, let end, let step):
      guard step != 0 else { throw Self.error("the step of axis \(axis) is zero") }
      let first = first ?? (step > 0 ? 0 : extent - 1)
      let end = end ?? (step > 0 ? extent : -1)
      let isWithin =
        step > 0
        ? 0 <= first && first <= end && end <= extent
        : -1 <= end && end <= first && (first < extent || first == end && first == 0)
      guard isWithin else {
        throw Self.error(
          "axis \(axis) has indices 0..<\(extent), the slice goes from \(first) to before \(end)"
            + (step == 1 ? "" : " by \(step)"))
      }
      let distance = UInt(abs(end - first))
      start = first
      count = distance == 0 ? 0 : Int((distance - 1) / step.magnitude) + 1
      self.step = step
      keepsAxis = true
    }
  }

  static func error(_ text: String) -> GraphError { GraphError("slice", .setting(text)) }
}
