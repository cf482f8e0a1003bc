import ApusGraph
import ApusTensors

/// The numbers of variables, shared by all programs of a model and changed in place.
///
/// Not safe for concurrent use: programs that share a store run one after another.
public final class VariableStore {
  private var memory: [Variable: VariableMemory] = [:]
  /// The variables in the order they were first used.
  public private(set) var variables: [Variable] = []
  /// Grows whenever the value of a variable changes.
  private(set) var version = 0

  /// A store without variables; each is zeros from its first use until it is set.
  public init() {}

  /// The value of `variable`, copied.
  ///
  /// - Precondition: a new value has the variable's type.
  public subscript(variable: Variable) -> Tensor {
    get {
      let bytes = bytes(of: variable)
      return Tensor(variable.type) { $0.copyMemory(from: UnsafeRawBufferPointer(bytes)) }
    }
    set {
      precondition(
        newValue.type == variable.type,
        "\(variable.name) is \(variable.type), the new value \(newValue.type)")
      let bytes = bytes(of: variable)
      newValue.withBytes { bytes.copyMemory(from: $0) }
      noteChange()
    }
  }

  /// Says that a program wrote variables in place.
  func noteChange() { version += 1 }

  /// Whether `variable` was used or set before.
  public func contains(_ variable: Variable) -> Bool { memory[variable] != nil }

  /// The memory of `variable`, at the same place as long as the store lives.
  package func bytes(of variable: Variable) -> UnsafeMutableRawBufferPointer {
    if let known = memory[variable] { return known.bytes }
    let new = VariableMemory(byteCount: variable.type.byteCount)
    memory[variable] = new
    variables.append(variable)
    return new.bytes
  }
}

/// Zeroed, aligned memory of one variable.
private final class VariableMemory {
  private let block: UnsafeMutableRawBufferPointer
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    block = .zeroed(byteCount: byteCount)
    bytes = UnsafeMutableRawBufferPointer(rebasing: block.prefix(byteCount))
  }

  deinit { block.deallocate() }
}

extension UnsafeMutableRawBufferPointer {
  /// New zeroed memory, aligned for the widest vectors; never empty, so it always has an address.
  static func zeroed(byteCount: Int) -> UnsafeMutableRawBufferPointer {
    let bytes = allocate(byteCount: Swift.max(byteCount, 64), alignment: 64)
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    return bytes
  }
}
