import CJumpProcesses

extension SlotForm {
  /// The form as C sees it, while `body` runs.
  func withNetwork<Result>(_ body: (UnsafePointer<apus_network>) -> Result) -> Result {
    initial.withUnsafeBufferPointer { initial in
      rate.withUnsafeBufferPointer { rate in
        factor.withUnsafeBufferPointer { factor in
          changeBy.withUnsafeBufferPointer { changeBy in
            program.withUnsafeBufferPointer { program in
              withLists { lists in
                var network = apus_network(
                  slots: Int32(initial.count), reactions: Int32(rate.count),
                  initial: initial.baseAddress, rate: rate.baseAddress,
                  factor: factor.baseAddress, change_begin: lists[0], change_slot: lists[1],
                  change_by: changeBy.baseAddress, dependent_begin: lists[2],
                  dependent: lists[3], instructions: Int32(program.count),
                  program: program.baseAddress, update_begin: lists[4], update: lists[5])
                return body(&network)
              }
            }
          }
        }
      }
    }
  }

  /// The lists of what a reaction changes and moves.
  private func withLists<Result>(_ body: ([UnsafePointer<Int32>?]) -> Result) -> Result {
    changeBegin.withUnsafeBufferPointer { changeBegin in
      changeSlot.withUnsafeBufferPointer { changeSlot in
        dependentBegin.withUnsafeBufferPointer { dependentBegin in
          dependent.withUnsafeBufferPointer { dependent in
            updateBegin.withUnsafeBufferPointer { updateBegin in
              update.withUnsafeBufferPointer { update in
                body([
                  changeBegin.baseAddress, changeSlot.baseAddress, dependentBegin.baseAddress,
                  dependent.baseAddress, updateBegin.baseAddress, update.baseAddress,
                ])
              }
            }
          }
        }
      }
    }
  }

  /// What a path writes down, as C sees it.
  func withRecord<Result>(
    of simulation: Simulation, _ faultSlots: inout [Double], _ isCancelled: @escaping () -> Bool,
    _ body: (UnsafePointer<apus_record>) -> Result
  ) -> Result {
    let question = Question(isCancelled)
    return withExtendedLifetime(question) {
      simulation.times.withUnsafeBufferPointer { times in
        outputSlot.withUnsafeBufferPointer { slots in
          faultSlots.withUnsafeMutableBufferPointer { faultSlots in
            var record = apus_record(
              points: Int32(times.count), outputs: Int32(slots.count), times: times.baseAddress,
              slot: slots.baseAddress, event_limit: Int64(simulation.eventLimit),
              fault_slots: faultSlots.baseAddress, is_stopped: isStopped,
              context: Unmanaged.passUnretained(question).toOpaque())
            return body(&record)
          }
        }
      }
    }
  }
}

/// What C asks now and then.
private final class Question {
  let isCancelled: () -> Bool
  init(_ isCancelled: @escaping () -> Bool) { self.isCancelled = isCancelled }
}

private func isStopped(_ context: UnsafeMutableRawPointer?) -> Bool {
  guard let context else { return false }
  return Unmanaged<Question>.fromOpaque(context).takeUnretainedValue().isCancelled()
}
