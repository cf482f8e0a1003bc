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

/// The largest difference of two arrays, infinite where one has a NaN that the other has not, or another
/// length.
package func largestDifference(
  _ actual: some Collection<some BinaryFloatingPoint>,
  _ expected: some Collection<some BinaryFloatingPoint>
) -> Double {
  guard actual.count == expected.count else { return .infinity }
  return zip(actual, expected).reduce(0) { largest, pair in
    let (value, wanted) = (Double(pair.0), Double(pair.1))
    if value == wanted || (value.isNaN && wanted.isNaN) { return largest }
    let difference = abs(value - wanted)
    return difference.isNaN ? .infinity : max(largest, difference)
  }
}
