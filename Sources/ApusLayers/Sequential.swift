import ApusGraph
import ApusTensors

/// Layers one after the other, each given the value of the one before.
///
/// A layer without a name is called by its kind and a number from the second on, as in Keras:
/// `dense`, `dense_1`, `batch_norm`.
///
/// ```swift
/// let model = Sequential {
///   Flatten()
///   Dense(128, activation: .relu)
///   Dense(10).named("logits")
/// }
/// ```
public struct Sequential: Layer {
  public let layers: [any Layer]

  public init(_ layers: [any Layer]) { self.layers = layers }

  public init(@LayerBuilder _ layers: () -> [any Layer]) { self.layers = layers() }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    var value = input
    var counts: [String: Int] = [:]
    for layer in layers {
      if let named = layer as? NamedLayer {
        value = try named(value, in: scope)
      } else {
        let base = layer.kind.snakeCased
        let number = counts[base, default: 0]
        counts[base] = number + 1
        let name = number == 0 ? base : "\(base)_\(number)"
        value = try scope.apply(layer, named: name, to: value)
      }
    }
    return value
  }
}

/// Collects the layers of a ``Sequential``; loops and conditions are allowed.
@resultBuilder
public enum LayerBuilder {
  public static func buildExpression(_ layer: some Layer) -> [any Layer] { [layer] }
  public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
  public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
  public static func buildEither(first part: [any Layer]) -> [any Layer] { part }
  public static func buildEither(second part: [any Layer]) -> [any Layer] { part }
}

extension String {
  /// Words in lower case joined by underscores, as Keras names layers: `BatchNorm` → `batch_norm`,
  /// `Conv2D` → `conv2d`.
  fileprivate var snakeCased: String {
    var text = ""
    var previous: Character = "_"
    for character in self {
      if character.isUppercase, previous.isLowercase { text.append("_") }
      text += character.lowercased()
      previous = character
    }
    return text
  }
}
