import CKernels
import Testing

/// The LSTM beside plain loops in `Double`, on each instruction set and number of threads.
@Suite struct LSTMTests {
  struct Sizes: Sendable, CustomTestStringConvertible {
    var batch: Int
    var steps: Int
    var inputs: Int
    var units: Int
    var reversed: [Bool]
    var lengths: [Int32]?

    var testDescription: String {
      "\(batch)×\(steps), \(inputs) to \(units), reversed \(reversed), \(lengths ?? [])"
    }
  }

  /// Sizes that fill no panel, one and several, tiles of each kind, blocks that are not full.
  static let sizes = [
    Sizes(batch: 1, steps: 1, inputs: 1, units: 1, reversed: [false]),
    Sizes(batch: 5, steps: 3, inputs: 7, units: 9, reversed: [true]),
    Sizes(batch: 31, steps: 4, inputs: 33, units: 16, reversed: [false, true]),
    Sizes(batch: 64, steps: 3, inputs: 48, units: 40, reversed: [false, true]),
    Sizes(batch: 48, steps: 9, inputs: 64, units: 64, reversed: [false]),
    Sizes(batch: 600, steps: 2, inputs: 20, units: 24, reversed: [true]),
    Sizes(batch: 3, steps: 70, inputs: 3, units: 5, reversed: [false, true]),
    // Whole vectors of operands, with rows and steps that fill no tile.
    Sizes(batch: 37, steps: 11, inputs: 32, units: 96, reversed: [false, true]),
    Sizes(
      batch: 90, steps: 5, inputs: 96, units: 32, reversed: [true, false],
      lengths: (0..<90).map { $0 < 30 ? 2 : Int32($0 % 7) }),
    // So many that gates and cells are written past the caches.
    Sizes(batch: 205, steps: 40, inputs: 1, units: 16, reversed: [false, true]),
    Sizes(
      batch: 7, steps: 5, inputs: 4, units: 17, reversed: [false, true],
      lengths: [5, 0, 2, 1, 9, -3, 4]),
    Sizes(
      batch: 40, steps: 4, inputs: 20, units: 24, reversed: [true, false],
      lengths: (0..<40).map { $0 < 20 ? 1 : Int32($0 % 5) }),
  ]

  @Test(arguments: sizes)
  func matchesLoops(_ sizes: Sizes) {
    let call = LSTMCall(sizes, isRounded: false)
    let expected = call.expected()
    for (set, threads) in Self.machines {
      set.run {
        #expect(apus_lstm_takes(.APUS_FLOAT32))
        let actual = call.run(.APUS_FLOAT32, threads: threads)
        for (name, values) in expected {
          let scale = values.reduce(1) { max($0, abs($1)) }
          let error = difference(actual[name] ?? [], values, scale: scale)
          #expect(error < 1e-5, "\(name), \(set), \(threads) threads: \(error)")
        }
      }
    }
  }

  /// Every instruction set with each number of threads.
  private static let machines = InstructionSet.all.flatMap { set in
    (1...3 as ClosedRange<Int32>).map { (set: set, threads: $0) }
  }

  /// What a state is does not depend on how the batch is divided.
  @Test(arguments: InstructionSet.all, sizes)
  func statesDoNotDependOnThreads(_ set: InstructionSet, _ sizes: Sizes) {
    let call = LSTMCall(sizes, isRounded: false)
    set.run {
      let type = apus_type.APUS_FLOAT32
      let (one, three) = (call.run(type, threads: 1), call.run(type, threads: 3))
      for name in ["hidden", "cells", "gates", "finalHidden", "finalCell"] {
        #expect(one[name] == three[name], "\(name)")
      }
    }
  }

  /// Infinite and very large inputs end in gates that are 0 or 1, as the formulas say.
  @Test(arguments: InstructionSet.all)
  func infiniteInputsFollowTheFormulas(_ set: InstructionSet) {
    let sizes = Sizes(batch: 32, steps: 2, inputs: 32, units: 32, reversed: [false])
    var call = LSTMCall(sizes, isRounded: false)
    // One input of the first step of some sequences.
    for sequence in 0..<8 {
      call.x[sequence * sizes.steps * sizes.inputs + sequence] = sequence < 4 ? .infinity : 1e38
    }
    let expected = call.expected()
    set.run {
      let actual = call.run(.APUS_FLOAT32, threads: 2)
      for name in ["gates", "cells", "hidden"] {
        let error = difference(actual[name] ?? [], expected[name] ?? [], scale: 1)
        #expect(error < 1e-5, "\(name): \(error)")
      }
    }
  }

  /// What padding holds changes nothing, not even where it is no number.
  @Test(arguments: [.APUS_FLOAT32, .APUS_BFLOAT16] as [apus_type])
  func paddingIsNotRead(_ type: apus_type) throws {
    let sizes = Sizes(
      batch: 19, steps: 4, inputs: 18, units: 16, reversed: [false, true],
      lengths: (0..<19).map { Int32($0 % 5) })
    let call = LSTMCall(sizes)
    var padded = call
    for (sequence, length) in (sizes.lengths ?? []).enumerated() {
      let start = (sequence * sizes.steps + Int(length)) * sizes.inputs
      let end = (sequence + 1) * sizes.steps * sizes.inputs
      for place in start..<end { padded.x[place] = .nan }
    }
    let machines = Self.machines.filter { $0.set.run { apus_lstm_takes(type) } }
    guard !machines.isEmpty else { try Test.cancel("this processor multiplies no bfloat16") }
    for (set, threads) in machines {
      set.run {
        let (expected, actual) = (
          call.run(type, threads: threads), padded.run(type, threads: threads)
        )
        for (name, values) in expected { #expect(actual[name] == values, "\(name), \(set)") }
      }
    }
  }

  @Test(arguments: sizes)
  func bfloat16IsNearFloat32(_ sizes: Sizes) throws {
    let call = LSTMCall(sizes)
    let expected = call.expected()
    let machines = Self.machines.filter { $0.set.run { apus_lstm_takes(.APUS_BFLOAT16) } }
    guard !machines.isEmpty else { try Test.cancel("this processor multiplies no bfloat16") }
    for (set, threads) in machines {
      let actual = set.run { call.run(.APUS_BFLOAT16, threads: threads) }
      for (name, values) in expected {
        let scale = values.reduce(1) { max($0, abs($1)) }
        let error = difference(actual[name] ?? [], values, scale: scale)
        // Eight bits of mantissa, a few roundings one behind the other.
        #expect(error < 0.03, "\(name), \(set), \(threads) threads: \(error)")
      }
    }
  }

  /// Gates far beyond where their functions end, up to the largest numbers.
  @Test(arguments: InstructionSet.all, [300, 1e30] as [Float])
  func saturatedGatesEnd(_ set: InstructionSet, biases: Float) {
    let call = LSTMCall(
      Sizes(batch: 9, steps: 3, inputs: 4, units: 20, reversed: [false]), biases: biases)
    let expected = call.expected()
    set.run {
      for type in [apus_type.APUS_FLOAT32, .APUS_BFLOAT16] where apus_lstm_takes(type) {
        let actual = call.run(type, threads: 2)
        for name in ["gates", "cells", "hidden"] {
          let error = difference(actual[name] ?? [], expected[name] ?? [], scale: 1)
          #expect(error < 0.03, "\(name), \(type): \(error)")
        }
      }
    }
  }

  @Test(arguments: InstructionSet.all)
  func sameThreadsGiveTheSameBits(_ set: InstructionSet) {
    let call = LSTMCall(
      Sizes(batch: 20, steps: 6, inputs: 16, units: 24, reversed: [false, true]))
    set.run {
      for type in [apus_type.APUS_FLOAT32, .APUS_BFLOAT16] where apus_lstm_takes(type) {
        for threads in 1...3 as ClosedRange<Int32> {
          let first = call.run(type, threads: threads)
          #expect(call.run(type, threads: threads) == first)
        }
      }
    }
  }

  @Test func narrowSetsDoNotTakeBFloat16() {
    for set in InstructionSet.all where ["portable", "avx2", "avx512"].contains(set.name) {
      set.run { #expect(!apus_lstm_takes(.APUS_BFLOAT16)) }
    }
    #expect(!apus_lstm_takes(.APUS_FLOAT64))
  }
}
