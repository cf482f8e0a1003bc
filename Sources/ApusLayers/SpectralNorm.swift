import ApusGraph
import ApusTensors

/// A layer whose weights have spectral norm one: each kernel is divided by its largest singular value
/// `σ`, so that the layer stretches nothing by more than one.
///
/// Kernels are the trainable parameters of two and more axes, read as matrices `W` of
/// `[all other axes, last axis]`. Each training step takes one step of the power iteration,
/// `v = W·u / ‖W·u‖`, `u ← Wᵀ·v / ‖Wᵀ·v‖`, and `σ = vᵀ·W·u`, with `u` and `v` constants of the
/// gradient; a layer that is called again in the step has the same `σ`. When predicting
/// `σ = ‖W·u‖`.
///
/// - Keeps: for each kernel `…/kernel_u: [last axis]`, the right singular vector so far, which starts
///   normal.
///
/// Reference: Miyato et al. (2018), "Spectral normalization for generative adversarial networks",
/// arXiv:1802.05957.
public struct SpectralNorm<Inner: Layer>: Layer {
  public var layer: Inner

  public init(_ layer: Inner) { self.layer = layer }

  public var kind: String { layer.kind }

  public func callAsFunction(_ input: Node, in scope: Scope) throws(GraphError) -> Node {
    try layer(input, in: scope.normalizingSpectra)
  }
}

extension Scope {
  /// A kernel divided by its largest singular value.
  func spectrallyNormalized(_ kernel: Node, named name: String) throws(GraphError) -> Node {
    let columns = kernel.shape[kernel.shape.rank - 1]
    let stored = try parameter(
      name + "_u", [columns], initializer: .normal(standardDeviation: 1), isTrainable: false)
    let matrix = try kernel.reshaped(to: [kernel.shape.count / max(1, columns), columns])
    var right = try stored.reshaped(to: [columns, 1]).unit()
    guard isTraining else { return try kernel / matrix.matrixProduct(with: right).norm() }
    let left = try matrix.matrixProduct(with: right).unit().stoppingGradient()
    right = try matrix.matrixProduct(with: left, transposingFirst: true).unit().stoppingGradient()
    try update(name + "_u", to: right.reshaped(to: [columns]))
    return try kernel / (left * matrix.matrixProduct(with: right)).sum()
  }
}

extension Node {
  /// This value over its length.
  fileprivate func unit() throws(GraphError) -> Node { try self / (norm() + 1e-12) }
}
