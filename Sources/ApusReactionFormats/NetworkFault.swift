/// Why a model could not be read, in one sentence that names the file and the place.
public struct NetworkFault: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file as it was named by the caller.
  public let file: String
  /// Line and column, counted from 1; nil where the fault is of the whole file.
  public let place: Place?
  public let message: String

  public struct Place: Sendable, Hashable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
  }

  public init(_ file: String, _ place: Place?, _ message: String) {
    self.file = file
    self.place = place
    self.message = message
  }

  public init(_ file: String, _ message: String) { self.init(file, nil, message) }

  public var description: String {
    guard let place else { return "\(file): \(message)" }
    return "\(file), line \(place.line), column \(place.column): \(message)"
  }
}
