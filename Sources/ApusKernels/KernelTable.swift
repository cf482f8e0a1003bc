import ApusGraph

/// The kernels of every operation by its name, best first; the last is the reference kernel.
///
/// The planner takes the first that accepts the types. Nothing registers itself: a kernel is used because
/// it stands here or in ``referenceKernels``.
package let kernelTable: [String: [any Kernel]] = referenceKernels.reduce(into: [:]) {
  $0[$1.key] = (fastKernels[$1.key] ?? []) + [ReferenceAdapter($1.value)]
}

/// The kernels that are there for speed, best first.
private let fastKernels: [String: [any Kernel]] = [
  Convolution2D.name: [OneDNNConvolution2D()],
  Convolution2DFilterGradient.name: [OneDNNConvolution2D()],
  Convolution2DInputGradient.name: [OneDNNConvolution2D()],
  MatrixProduct.name: [OneDNNMatrixProduct()],
]
