import COneDNN

/// The version of the oneDNN library that is loaded, such as `2.6.3`.
package let oneDNNVersion: String = {
  var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
  apus_dnn_version(&major, &minor, &patch)
  return "\(major).\(minor).\(patch)"
}()
