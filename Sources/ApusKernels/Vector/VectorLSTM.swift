import ApusGraph
import ApusTensors
import CKernels

/// An LSTM over whole sequences, in one direction or both.
struct VectorLSTM: VectorCall {
  private let shape: OwnedValue<apus_lstm_shape>
  private let places: LSTMOperandPlaces
  private let keepsGates: Bool
  private let threads: Int32

  init?(_ operation: LSTMSequence, _ request: KernelRequest) {
    let places = LSTMOperandPlaces(operation.directions.count, of: request.inputs.count, more: 0)
    guard let shape = apus_lstm_shape(operation.directions, request, places) else { return nil }
    self.shape = OwnedValue(shape)
    self.places = places
    keepsGates = request.outputs.count > 3
    threads = Int32(request.threads)
  }

  var scratchByteCount: Int { apus_lstm_forward_scratch_bytes(shape.pointer, threads) }

  func run(_ operands: KernelOperands) {
    var call = apus_lstm_forward_operands(
      x: operands.inputs[0], weights: places.weights(operands),
      initial_hidden: operands.floats(places.initialHidden),
      initial_cell: operands.floats(places.initialHidden + 1),
      lengths: places.lengths(operands), hidden: operands.results(0),
      final_hidden: operands.results(1), final_cell: operands.results(2),
      cells: keepsGates ? operands.results(3) : nil,
      gates: keepsGates ? operands.results(4) : nil)
    apus_lstm_forward(shape.pointer, &call, operands.scratch, threads)
  }
}

/// The gradient of an LSTM with respect to all its operands.
struct VectorLSTMGradient: VectorCall {
  private let shape: OwnedValue<apus_lstm_shape>
  private let places: LSTMOperandPlaces
  private let threads: Int32

  init?(_ operation: LSTMSequenceGradient, _ request: KernelRequest) {
    let places = LSTMOperandPlaces(operation.directions.count, of: request.inputs.count, more: 6)
    guard let shape = apus_lstm_shape(operation.directions, request, places) else { return nil }
    self.shape = OwnedValue(shape)
    self.places = places
    threads = Int32(request.threads)
  }

  var scratchByteCount: Int { apus_lstm_backward_scratch_bytes(shape.pointer, threads) }

  func run(_ operands: KernelOperands) {
    let (state, kept) = (places.initialHidden, places.initialHidden + 2)
    let last = places.lastWeights
    var call = apus_lstm_backward_operands(
      x: operands.inputs[0], weights: places.weights(operands),
      initial_hidden: operands.floats(state), initial_cell: operands.floats(state + 1),
      lengths: places.lengths(operands), hidden: operands.floats(kept),
      cells: operands.floats(kept + 1), gates: operands.floats(kept + 2),
      hidden_gradient: operands.floats(kept + 3),
      final_hidden_gradient: operands.floats(kept + 4),
      final_cell_gradient: operands.floats(kept + 5), x_gradient: operands.results(0),
      kernel_gradient: (operands.results(1), operands.results(last)),
      recurrent_gradient: (operands.results(2), operands.results(last + 1)),
      bias_gradient: (operands.results(3), operands.results(last + 2)),
      initial_hidden_gradient: operands.results(state),
      initial_cell_gradient: operands.results(state + 1))
    apus_lstm_backward(shape.pointer, &call, operands.scratch, threads)
  }
}

/// Where an LSTM's operands stand among an operation's.
private struct LSTMOperandPlaces {
  let initialHidden: Int
  /// The kernel of the last direction.
  let lastWeights: Int
  private let lengthsIndex: Int?

  init(_ directions: Int, of count: Int, more: Int) {
    initialHidden = 1 + 3 * directions
    lastWeights = initialHidden - 3
    lengthsIndex = count > initialHidden + 2 + more ? count - 1 : nil
  }

  func lengths(_ operands: KernelOperands) -> UnsafePointer<Int32>? {
    lengthsIndex.map { operands.inputs[$0].assumingMemoryBound(to: Int32.self) }
  }

  /// The weights of both directions; of one alone, twice.
  func weights(_ operands: KernelOperands) -> (apus_lstm_weights, apus_lstm_weights) {
    (weights(operands, at: 1), weights(operands, at: lastWeights))
  }

  private func weights(_ operands: KernelOperands, at first: Int) -> apus_lstm_weights {
    apus_lstm_weights(
      kernel: operands.inputs[first], recurrent: operands.inputs[first + 1],
      bias: operands.floats(first + 2))
  }

  /// Whether `x` and the kernels are of one type and all else is float32.
  func areTaken(_ request: KernelRequest) -> Bool {
    let operand = request.inputs[0].dataType
    let isFactor = { (index: Int) in
      index == 0 || (index < initialHidden && index % 3 != 0)
    }
    return request.outputs.allSatisfy { $0.dataType == .float32 }
      && request.inputs.enumerated().allSatisfy { index, type in
        index == lengthsIndex
          || type.dataType == (isFactor(index) ? operand : .float32)
      }
  }
}

extension apus_lstm_shape {
  /// The sizes of a call, or nil where the C kernels do not take it.
  fileprivate init?(
    _ directions: [LSTMDirection], _ request: KernelRequest, _ places: LSTMOperandPlaces
  ) {
    let type = request.inputs[0].dataType
    guard directions.count <= Int(APUS_LSTM_DIRECTIONS), places.areTaken(request),
      type == .float32 || type == .bfloat16, apus_lstm_takes(type.code)
    else { return nil }
    let x = request.inputs[0].shape
    self.init(
      batch: Int64(x[0]), steps: Int64(x[1]), inputs: Int64(x[2]),
      units: Int64(request.inputs[2].shape[0]), directions: Int64(directions.count),
      reversed: (directions.first == .backward, directions.last == .backward),
      operand_type: type.code)
  }
}
