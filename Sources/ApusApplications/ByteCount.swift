/// A number of bytes that prints itself for people, as `1.5 GiB`.
public struct ByteCount: Sendable, Hashable, CustomStringConvertible {
  public let bytes: Int

  public init(_ bytes: Int) { self.bytes = bytes }

  public var description: String {
    var value = Double(bytes)
    var unit = 0
    while abs(value) >= 1023.95, unit < 4 {
      value /= 1024
      unit += 1
    }
    let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
    guard unit > 0 else { return "\(bytes) bytes" }
    let tenths = (value * 10).rounded() / 10
    return value < 100 ? "\(tenths) \(units[unit])" : "\(Int(value.rounded())) \(units[unit])"
  }
}
