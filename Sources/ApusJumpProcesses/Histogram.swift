/// Values counted in bins of one width.
public struct Histogram: Sendable {
  /// The lowest value of each bin.
  public private(set) var starts: [Double] = []
  public private(set) var counts: [Int] = []
  /// From the start of a bin to that of the next.
  public private(set) var width = 1.0

  /// At most `limit` bins over all finite values; a bin holds whole numbers where the values are whole.
  public init(_ values: [Double], bins limit: Int = 40) {
    let values = values.filter(\.isFinite)
    guard let lowest = values.min(), let highest = values.max(), (highest - lowest).isFinite
    else { return }
    let areWhole = values.allSatisfy { $0.rounded() == $0 }
    if areWhole {
      width = max(1, ((highest - lowest + 1) / Double(limit)).rounded(.up))
    } else {
      width = max((highest - lowest) / Double(limit), highest.magnitude * 1e-12, 1e-300)
    }
    let count = Int(min(Double(limit), (highest - lowest) / width + 1))
    starts = (0..<count).map { lowest + width * Double($0) }
    counts = Array(repeating: 0, count: count)
    for value in values {
      counts[Int(min(Double(count - 1), (value - lowest) / width))] += 1
    }
  }
}
