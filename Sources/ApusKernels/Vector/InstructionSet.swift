import CKernels

/// The instruction set the C kernels use, for descriptions.
var instructionSet: String { String(cString: apus_isa_name()) }
