import ApusEngine
import ApusTensors

/// Programs by the types of their batch; the one used longest ago is dropped beyond a few.
struct ProgramCache {
  private var programs: [(types: [TensorType], program: Program)] = []
  private let limit = 4

  /// The program for these types, planned where there is none.
  mutating func program(
    for types: [TensorType], planning plan: ([TensorType]) throws -> Program
  ) throws -> Program {
    if let index = programs.firstIndex(where: { $0.types == types }) {
      if index != programs.count - 1 { programs.append(programs.remove(at: index)) }
      return programs[programs.count - 1].program
    }
    let program = try plan(types)
    if programs.count == limit { programs.removeFirst() }
    programs.append((types, program))
    return program
  }
}
