import ApusEngine
import ApusGraph
import ApusTensors

/// What this machine can do at best: operations and bytes a second.
///
/// An operation with `f` floating-point operations that must move `b` bytes takes at least
/// `max(f/peak, b/bandwidth)`, unless the bytes stay in the caches.
///
/// Reference: Williams, Waterman, Patterson (2009), "Roofline", Communications of the ACM 52(4).
public struct Roofline: Sendable, Hashable {
  /// Floating-point operations a second in a large matrix product.
  public let operationsPerSecond: Double
  /// Bytes a second read and written by a sum of arrays larger than the caches.
  public let bytesPerSecond: Double

  /// Measures this machine, in about half a second.
  init(options: EngineOptions) throws {
    let side = 1536
    let product = try Roofline.seconds(of: [side, side], options) {
      (first, second) throws(GraphError) in try first.matrixProduct(with: second)
    }
    operationsPerSecond = 2 * Double(side * side * side) / product
    let count = 1 << 25
    let sum = try Roofline.seconds(of: [count], options) {
      (first, second) throws(GraphError) in try first + second
    }
    bytesPerSecond = Double(3 * 4 * count) / sum
  }

  /// The least seconds for so much work.
  public func seconds(operations: Int, bytes: Int) -> Double {
    max(Double(operations) / operationsPerSecond, Double(bytes) / bytesPerSecond)
  }

  /// The fastest of a few runs of an operation on two variables.
  private static func seconds(
    of shape: Shape, _ options: EngineOptions,
    _ operation: (Node, Node) throws(GraphError) -> Node
  ) throws -> Double {
    let type = TensorType(shape)
    let variables = ["first", "second", "result"].map { Variable($0, type, isTrainable: false) }
    let result = try operation(.value(of: variables[0]), .value(of: variables[1]))
    let computation = Computation(
      inputs: [], outputs: [], updates: [.init(variables[2], to: result)])
    let program = try Program(computation, options: options)
    let clock = ContinuousClock()
    let times = try (0..<6).map { _ in
      let start = clock.now
      try program.run([])
      return (clock.now - start) / .seconds(1)
    }
    return times.min() ?? 1
  }
}
