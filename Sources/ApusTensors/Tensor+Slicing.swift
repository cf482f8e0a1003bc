extension Tensor {
  /// A copy of part of the tensor: an index, a range or an ``AxisSlice`` for each axis in order.
  ///
  /// Axes that are not named are taken whole; an index drops its axis.
  /// `image[0, 4..<8, AxisSlice.all]` of shape `[2, 28, 28]` has shape `[4, 28]`.
  ///
  /// - Precondition: every index is within its axis and there are not more selections than axes, as
  ///   for an array; ``sliced(_:)`` throws instead.
  public subscript(_ selections: any AxisSelection...) -> Tensor {
    do {
      return try sliced(selections.map(\.axisSlice))
    } catch {
      preconditionFailure(error.description)
    }
  }

  /// A copy of part of the tensor, one slice for each axis, outermost first.
  ///
  /// - Throws: `GraphError` where an index is outside its axis or there are more slices than axes.
  public func sliced(_ slices: [AxisSlice]) throws(GraphError) -> Tensor {
    let operand = GraphError.Operand(name: "tensor", type: type)
    guard slices.count <= shape.rank else {
      throw GraphError(
        "slice", .rank(expected: "\(slices.count) or more", actual: shape.rank), [operand])
    }
    var resolved: [ResolvedSlice] = []
    for axis in 0..<shape.rank {
      let slice = axis < slices.count ? slices[axis] : .all
      do {
        resolved.append(try ResolvedSlice(slice, axis: axis, extent: shape[axis]))
      } catch {
        throw GraphError(error.operation, error.reason, [operand])
      }
    }
    return copy(of: resolved)
  }

  private func copy(of slices: [ResolvedSlice]) -> Tensor {
    let strides = shape.strides.map { $0 * dataType.byteCount }
    let extents = slices.filter(\.keepsAxis).map(\.count)
    return Tensor(TensorType(Shape(extents), dataType)) { target in
      withBytes { source in
        guard target.count > 0, let from = source.baseAddress, let to = target.baseAddress else {
          return
        }
        // The innermost axes that are taken whole are one run of bytes.
        var run = dataType.byteCount
        var outer = slices.count
        while outer > 0, slices[outer - 1].step == 1 {
          run *= slices[outer - 1].count
          outer -= 1
          if slices[outer].count != shape[outer] { break }
        }
        let origin = zip(slices, strides).reduce(0) { $0 + $1.0.start * $1.1 }
        // Where one element is taken its step, which may be any number, leads nowhere.
        let steps = (0..<outer).map { slices[$0].count > 1 ? slices[$0].step * strides[$0] : 0 }
        var position = [Int](repeating: 0, count: outer)
        var offset = origin
        for written in stride(from: 0, to: target.count, by: run) {
          (to + written).copyMemory(from: from + offset, byteCount: run)
          for axis in (0..<outer).reversed() {
            position[axis] += 1
            offset += steps[axis]
            if position[axis] < slices[axis].count { break }
            offset -= position[axis] * steps[axis]
            position[axis] = 0
          }
        }
      }
    }
  }
}
