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
