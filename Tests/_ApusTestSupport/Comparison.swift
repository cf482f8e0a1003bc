/// The largest difference of two arrays, relative to the largest expected magnitude.
///
/// Equal infinities and NaN beside NaN differ by nothing; where all that is expected is zero, the
/// difference itself counts. Arrays of different lengths differ infinitely.
/// - Parameter floor: the least magnitude to be relative to, where terms may cancel to nothing.
package func relativeError(
  of actual: [Double], to expected: [Double], floor: Double = 0
) -> Double {
  guard actual.count == expected.count else { return .infinity }
  var (difference, magnitude) = (0.0, floor)
  for (value, wanted) in zip(actual, expected) {
    if value == wanted || (value.isNaN && wanted.isNaN) {
      if wanted.isFinite { magnitude = max(magnitude, abs(wanted)) }
      continue
    }
    let distance = abs(value - wanted)
    difference = max(difference, distance.isNaN ? .infinity : distance)
    if wanted.isFinite { magnitude = max(magnitude, abs(wanted)) }
  }
  return magnitude == 0 ? difference : difference / magnitude
}
