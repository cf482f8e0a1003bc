/// The kernels of every operation by its name, best first; the last is the reference kernel.
///
/// The planner takes the first that accepts the types. Nothing registers itself: a kernel is used because
/// it stands here or in ``referenceKernels``.
package let kernelTable: [String: [any Kernel]] = fastKernels.merging(
  referenceKernels.mapValues { [ReferenceAdapter($0)] as [any Kernel] }
) { fast, reference in fast + reference }

/// The kernels that are there for speed, best first.
private let fastKernels: [String: [any Kernel]] = [:]
