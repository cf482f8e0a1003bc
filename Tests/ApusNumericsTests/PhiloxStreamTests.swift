import ApusNumerics
import Testing

@Suite struct PhiloxStreamTests {
  @Test func wordsFollowTheDocumentedLayout() {
    let origin = Philox4x32.block(key: (7, 9), counter: (3, 5, 11, 13))
    let blocks = (0..<2).map { block in
      Philox4x32.block(key: (origin[0], origin[1]), counter: (block, 0, origin[2], origin[3]))
    }
    var stream = PhiloxStream(seed: 9 << 32 | 7, purpose: 3, epoch: 5, index: 13 << 32 | 11)
    for block in blocks {
      for lane in 0..<4 { #expect(stream.nextWord() == block[lane]) }
    }
  }

  @Test func sixtyFourBitsAreTwoWordsLowHalfFirst() {
    var words = PhiloxStream(seed: 1, purpose: 2)
    var whole = words
    let (low, high) = (UInt64(words.nextWord()), UInt64(words.nextWord()))
    #expect(whole.next() == high << 32 | low)
  }

  @Test func everyPartOfTheNameMatters() {
    func first(_ stream: PhiloxStream) -> UInt64 {
      var stream = stream
      return stream.next()
    }
    let draws = [
      PhiloxStream(seed: 1, purpose: 1, epoch: 1, index: 1),
      PhiloxStream(seed: 2, purpose: 1, epoch: 1, index: 1),
      PhiloxStream(seed: 1 << 40, purpose: 1, epoch: 1, index: 1),
      PhiloxStream(seed: 1, purpose: 2, epoch: 1, index: 1),
      PhiloxStream(seed: 1, purpose: 1, epoch: 2, index: 1),
      PhiloxStream(seed: 1, purpose: 1, epoch: 1, index: 2),
      PhiloxStream(seed: 1, purpose: 1, epoch: 1, index: 1 << 40),
    ].map(first)
    #expect(Set(draws).count == draws.count)
  }

  @Test func namesHashAsPublished() {
    // Test vectors of FNV-1a from its authors' page.
    #expect(stableHash(of: "") == 0xCBF2_9CE4_8422_2325)
    #expect(stableHash(of: "a") == 0xAF63_DC4C_8601_EC8C)
    #expect(stableHash(of: "foobar") == 0x8594_4171_F739_67E8)
  }
}
