/// A value at an address that stays: what a C function reads through a pointer at every run.
final class OwnedValue<Value: BitwiseCopyable> {
  let pointer: UnsafePointer<Value>

  init(_ value: Value) {
    let memory = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    memory.initialize(to: value)
    pointer = UnsafePointer(memory)
  }

  deinit { pointer.deallocate() }
}

/// Values at an address that stays.
final class OwnedArray<Element> {
  let elements: UnsafeMutableBufferPointer<Element>

  init(_ array: [Element]) {
    elements = .allocate(capacity: array.count)
    _ = elements.initialize(fromContentsOf: array)
  }

  deinit {
    elements.deinitialize()
    elements.deallocate()
  }

  var pointer: UnsafePointer<Element>? { UnsafePointer(elements.baseAddress) }
}
