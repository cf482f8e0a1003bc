import Dispatch
import Synchronization

/// Calls `body` once for each item, from up to `threads` threads; items are begun in order.
func parallel(threads: Int, items: Int, _ body: @Sendable (Int) -> Void) {
  guard threads > 1, items > 1 else {
    for item in 0..<items { body(item) }
    return
  }
  let next = Mutex(0)
  DispatchQueue.concurrentPerform(iterations: min(threads, items)) { _ in
    while true {
      let item = next.withLock { next in
        next += 1
        return next - 1
      }
      guard item < items else { return }
      body(item)
    }
  }
}

/// The values of `body` for each item, in their order, computed as ``parallel(threads:items:_:)`` does.
func parallelMap<Value: Sendable>(
  threads: Int, items: Int, _ body: @Sendable (Int) -> Value
) -> [Value] {
  let values = Mutex([Value?](repeating: nil, count: items))
  parallel(threads: threads, items: items) { item in
    let value = body(item)
    values.withLock { $0[item] = value }
  }
  return values.withLock { $0.compactMap { $0 } }
}
