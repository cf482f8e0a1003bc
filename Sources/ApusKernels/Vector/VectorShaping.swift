import ApusGraph
import ApusTensors
import CKernels

/// The same elements in another shape: nothing to do where the output is written over the input.
struct VectorReshape: VectorCall {
  private let byteCount: Int
  private let threads: Int32

  init?(_: Reshape, _ request: KernelRequest) {
    byteCount = request.inputs[0].byteCount
    threads = Int32(request.threads)
  }

  var aliasableOperands: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ operands: KernelOperands) {
    guard operands.inputs[0] != UnsafeRawPointer(operands.outputs[0]) else { return }
    apus_copy(operands.outputs[0], operands.inputs[0], byteCount, threads)
  }
}

/// An operation that is one copy from strided places to the whole output.
struct VectorRearrangement<Operand: Rearranging>: VectorCall {
  private let copy: StridedCopy
  private let threads: Int32

  init?(_ operation: Operand, _ request: KernelRequest) {
    let output = request.outputs[0].shape
    let source = operation.source(of: request.inputs[0].shape, output: output)
    guard
      let copy = StridedCopy(
        of: output.extents, to: (output.strides, 0), from: source,
        elementSize: request.outputs[0].dataType.byteCount)
    else { return nil }
    self.copy = copy
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    copy.run(operands.inputs[0], operands.outputs[0], threads)
  }
}

/// An operation whose output's elements are the input's at regular places.
protocol Rearranging: Operation {
  /// The places in the input that the output's elements come from, in row-major order.
  func source(of input: Shape, output: Shape) -> (strides: [Int], start: Int)
}

extension Transpose: Rearranging {
  func source(of input: Shape, output: Shape) -> (strides: [Int], start: Int) {
    let strides = input.strides
    return (permutation.map { strides[$0] }, 0)
  }
}

extension Slice: Rearranging {
  func source(of input: Shape, output: Shape) -> (strides: [Int], start: Int) {
    let strides = input.strides
    let start = zip(starts, strides).reduce(0) { $0 + $1.0 * $1.1 }
    return (zip(steps, strides).map { $0 * $1 }, start)
  }
}

extension Reverse: Rearranging {
  func source(of input: Shape, output: Shape) -> (strides: [Int], start: Int) {
    let strides = input.strides
    let start = axes.reduce(0) { $0 + Swift.max(input[$1] - 1, 0) * strides[$1] }
    return (strides.enumerated().map { axes.contains($0) ? -$1 : $1 }, start)
  }
}

extension Broadcast: Rearranging {
  func source(of input: Shape, output: Shape) -> (strides: [Int], start: Int) {
    (input.strides(repeatingTo: output), 0)
  }
}

/// The operands behind one another along an axis: one copy each.
struct VectorConcatenate: VectorCall {
  private let copies: OwnedArray<StridedCopy>
  private let threads: Int32

  init?(_ concatenate: Concatenate, _ request: KernelRequest) {
    let strides = request.outputs[0].shape.strides
    var copies: [StridedCopy] = []
    var start = 0
    for input in request.inputs {
      guard
        let copy = StridedCopy(
          of: input.shape.extents, to: (strides, start), from: (input.shape.strides, 0),
          elementSize: input.dataType.byteCount)
      else { return nil }
      copies.append(copy)
      start += input.shape[concatenate.axis] * strides[concatenate.axis]
    }
    self.copies = OwnedArray(copies)
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    for index in copies.elements.indices {
      copies.elements[index].run(operands.inputs[index], operands.outputs[0], threads)
    }
  }
}

/// The parts along an axis: one copy each.
struct VectorSplit: VectorCall {
  private let copies: OwnedArray<StridedCopy>
  private let threads: Int32

  init?(_ split: Split, _ request: KernelRequest) {
    let strides = request.inputs[0].shape.strides
    var copies: [StridedCopy] = []
    var start = 0
    for output in request.outputs {
      guard
        let copy = StridedCopy(
          of: output.shape.extents, to: (output.shape.strides, 0), from: (strides, start),
          elementSize: output.dataType.byteCount)
      else { return nil }
      copies.append(copy)
      start += output.shape[split.axis] * strides[split.axis]
    }
    self.copies = OwnedArray(copies)
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    for index in copies.elements.indices {
      copies.elements[index].run(operands.inputs[0], operands.outputs[index], threads)
    }
  }
}

/// The operand within a constant: a fill, then a copy.
struct VectorPad: VectorCall {
  private let copy: StridedCopy
  private let value: OwnedArray<UInt8>
  private let count: Int64
  private let threads: Int32

  init?(_ pad: Pad, _ request: KernelRequest) {
    let (input, output) = (request.inputs[0], request.outputs[0])
    let strides = output.shape.strides
    let start = zip(pad.before, strides).reduce(0) { $0 + $1.0 * $1.1 }
    guard
      let copy = StridedCopy(
        of: input.shape.extents, to: (strides, start), from: (input.shape.strides, 0),
        elementSize: input.dataType.byteCount)
    else { return nil }
    self.copy = copy
    value = OwnedArray(bytes(of: pad.value, as: output.dataType))
    count = Int64(output.count)
    threads = Int32(request.threads)
  }

  func run(_ operands: KernelOperands) {
    guard let number = value.pointer else { return }
    apus_fill(operands.outputs[0], number, Int32(value.elements.count), count, threads)
    copy.run(operands.inputs[0], operands.outputs[0], threads)
  }
}

/// The bytes of `value` rounded to `dataType`.
private func bytes(of value: Double, as dataType: DataType) -> [UInt8] {
  var value = value
  return [UInt8](unsafeUninitializedCapacity: dataType.byteCount) { bytes, count in
    guard let memory = bytes.baseAddress else { return }
    withUnsafeMutablePointer(to: &value) {
      narrow(.init(start: $0, count: 1), to: dataType, into: memory)
    }
    count = dataType.byteCount
  }
}
