/// An array of numbers with a shape, stored row by row.
///
/// It is a value; copies share memory until one is changed.
public struct Tensor: Sendable {
  /// The shape and the kind of number.
  public let type: TensorType
  private var storage: TensorStorage

  /// A tensor of zeros.
  public init(zeros type: TensorType) {
    self.type = type
    storage = TensorStorage(byteCount: type.byteCount)
    storage.bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  /// A tensor whose memory is not set yet; `initialize` must write every byte.
  public init<Failure: Error>(
    _ type: TensorType,
    initializingWith initialize: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    self.type = type
    storage = TensorStorage(byteCount: type.byteCount)
    try initialize(storage.bytes)
  }

  /// A tensor of `scalars`, row by row.
  ///
  /// - Precondition: there is one scalar for each element of `shape`.
  public init<Element: TensorElement>(_ scalars: [Element], shape: Shape) {
    precondition(
      scalars.count == shape.count, "\(scalars.count) scalars for a tensor of shape \(shape)")
    self.init(TensorType(shape, Element.dataType)) { bytes in
      scalars.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
  }

  /// A tensor of one axis.
  public init<Element: TensorElement>(_ scalars: [Element]) {
    self.init(scalars, shape: [scalars.count])
  }

  /// A tensor without axes.
  public init<Element: TensorElement>(_ scalar: Element) {
    self.init([scalar], shape: [])
  }

  public var shape: Shape { type.shape }
  public var dataType: DataType { type.dataType }

  /// The number of elements.
  public var count: Int { type.count }

  /// The elements, row by row.
  ///
  /// - Precondition: `Element` is the type the tensor holds; use ``doubles`` where it is not known.
  public func scalars<Element: TensorElement>(as _: Element.Type = Element.self) -> [Element] {
    withElements(as: Element.self) { Array($0) }
  }

  /// The elements as `Double`, row by row, whatever the tensor holds.
  public var doubles: [Double] {
    switch dataType {
    case .float32: widened(Float.self)
    case .bfloat16: widened(BFloat16.self)
    case .float64: scalars()
    case .int32: widened(Int32.self)
    case .int64: widened(Int64.self)
    case .uint8: widened(UInt8.self)
    case .bool: widened(Bool.self)
    }
  }

  /// The same elements in another shape.
  ///
  /// - Precondition: both shapes have the same number of elements.
  public func reshaped(to shape: Shape) -> Tensor {
    precondition(shape.count == count, "\(count) elements do not fill the shape \(shape)")
    return Tensor(type: TensorType(shape, dataType), storage: storage)
  }

  /// Calls `body` with the elements, row by row.
  public func withElements<Element: TensorElement, Result, Failure: Error>(
    as _: Element.Type = Element.self,
    _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(
      Element.dataType == dataType, "a tensor of \(dataType) holds no \(Element.dataType)")
    return try body(UnsafeBufferPointer(storage.bytes.bindMemory(to: Element.self)))
  }

  /// Calls `body` with the elements, row by row, to change them in place.
  public mutating func withMutableElements<Element: TensorElement, Result, Failure: Error>(
    as _: Element.Type = Element.self,
    _ body: (UnsafeMutableBufferPointer<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(
      Element.dataType == dataType, "a tensor of \(dataType) holds no \(Element.dataType)")
    makeUnique()
    return try body(storage.bytes.bindMemory(to: Element.self))
  }

  /// Calls `body` with the memory of the elements.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(storage.bytes))
  }

  /// Where the elements are, as long as a copy of this value lives and none is changed.
  package var memory: UnsafeRawPointer { UnsafeRawPointer(storage.address) }

  private init(type: TensorType, storage: TensorStorage) {
    self.type = type
    self.storage = storage
  }

  private func widened<Element: TensorElement>(_: Element.Type) -> [Double] {
    withElements(as: Element.self) { $0.map(\.double) }
  }

  private mutating func makeUnique() {
    guard !isKnownUniquelyReferenced(&storage) else { return }
    let copy = TensorStorage(byteCount: type.byteCount)
    copy.bytes.copyMemory(from: UnsafeRawBufferPointer(storage.bytes))
    storage = copy
  }
}

/// Memory for the elements of tensors, not set, aligned for vector loads and freed with its owner.
///
/// Unchecked because ``Tensor`` writes only where it is the one owner.
private final class TensorStorage: @unchecked Sendable {
  let address: UnsafeMutableRawPointer
  let bytes: UnsafeMutableRawBufferPointer

  init(byteCount: Int) {
    address = .allocate(byteCount: max(byteCount, 1), alignment: 64)
    bytes = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
  }

  deinit { address.deallocate() }
}
