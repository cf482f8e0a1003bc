import ApusGraph

/// The reference kernel of every operation by its name.
let referenceKernels: [String: any ReferenceKernel] = [:]
