import ApusNumerics
import Testing

/// The vectors `philox4x32 10` of the file `kat_vectors` of Random123, the authors' own library.
@Suite struct Philox4x32Tests {
  @Test func zeros() {
    let words = Philox4x32.block(key: (0, 0), counter: (0, 0, 0, 0))
    #expect(words == [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8])
  }

  @Test func ones() {
    let all = UInt32.max
    let words = Philox4x32.block(key: (all, all), counter: (all, all, all, all))
    #expect(words == [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD])
  }

  @Test func digitsOfPi() {
    let words = Philox4x32.block(
      key: (0xA409_3822, 0x299F_31D0),
      counter: (0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344))
    #expect(words == [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1])
  }
}
