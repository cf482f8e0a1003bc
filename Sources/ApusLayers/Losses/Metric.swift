import ApusGraph
import ApusTensors

/// A number of each example that is averaged and shown, and not minimized.
public protocol Metric: Sendable {
  /// The name in events and files, such as `accuracy`.
  var name: String { get }

  /// The metric of each example, float32.
  ///
  /// - Shapes: `predictions: [batch, …]` → `[batch]`.
  func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node
}

/// One where the class of the largest prediction is the target, else zero.
///
/// - Shapes: predictions `[batch, classes]`; targets are indices `[batch]` or distributions
///   `[batch, classes]` → `[batch]`.
public struct Accuracy: Metric {
  public init() {}

  public var name: String { "accuracy" }

  public func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
    guard predictions.shape.rank == 2, predictions.shape[1] >= 2 else {
      throw GraphError(
        name,
        .setting("predictions of two classes and more are needed; BinaryAccuracy judges yes or no"),
        [.init(name: "predictions", type: predictions.type, axes: "batch, classes")])
    }
    let labels =
      targets.shape.rank == 1 ? try targets.cast(to: .int64) : try targets.argMax(alongAxis: -1)
    return try predictions.argMax(alongAxis: -1).isEqual(to: labels).cast(to: .float32)
  }
}

/// The share of an example's yes-or-no questions that are answered as the target is.
///
/// A logit above 0 is a yes, and so is a target above ½.
///
/// - Shapes: logits and targets both `[batch, d…]` → `[batch]`.
///
/// Equal to Keras' `BinaryAccuracy(threshold=0)` of logits.
public struct BinaryAccuracy: Metric {
  public init() {}

  public var name: String { "binaryAccuracy" }

  public func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
    guard predictions.shape == targets.shape else {
      throw GraphError(name, .shapesDiffer(predictions.shape, targets.shape))
    }
    let isRight = try predictions.isGreater(than: 0).isEqual(to: targets.isGreater(than: 0.5))
    return try isRight.cast(to: .float32).meanOfEachExample()
  }
}

/// One where the target is among the `count` largest predictions, else zero.
///
/// A class is among them where fewer than `count` predictions are larger than its own, which is a
/// number.
///
/// - Shapes: predictions `[batch, classes]`; targets are indices `[batch]` → `[batch]`.
public struct TopAccuracy: Metric {
  public var count: Int

  public init(_ count: Int) { self.count = count }

  public var name: String { "top\(count)Accuracy" }

  public func callAsFunction(_ predictions: Node, _ targets: Node) throws(GraphError) -> Node {
    let classes = try predictions.extent(ofAxis: 1, named: name)
    guard 1..<max(2, classes) ~= count else {
      throw GraphError(
        name, .setting("expected a count of 1 to below the number of classes, got \(count)"),
        [.init(name: "predictions", type: predictions.type, axes: "batch, classes")])
    }
    let isTarget = try targets.oneHot(depth: classes).isEqual(to: 1)
    let own = try Node.select(isTarget, predictions, .filled(0, like: predictions.type))
      .sum(overAxes: [1], keepingAxes: true)
    let larger = try own.isLess(than: predictions).cast(to: .float32).sum(overAxes: [1])
    let isNumber = try own.isEqual(to: own).cast(to: .float32).removingAxis(1)
    return try larger.isLess(than: Double(count)).cast(to: .float32) * isNumber
  }
}
