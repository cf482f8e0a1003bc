import ApusKernels

extension Machine {
  /// The version of the oneDNN library that is loaded, such as `2.6.3`.
  public static var oneDNNVersion: String { ApusKernels.oneDNNVersion }
}
