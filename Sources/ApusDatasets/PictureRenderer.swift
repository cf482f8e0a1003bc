import ApusTensors

/// Turns stored pictures into what a network takes: changed, resized, numbers within −1…1.
///
/// The pixels `0…255` become `pixel / 127.5 − 1`; a grey picture is repeated in each channel. The
/// tables and the room for intermediate rows are made once; rendering allocates nothing.
package final class PictureRenderer {
  package let height, width, channels: Int
  package let side: Int
  package let outputChannels: Int
  private let rows: BilinearTable
  private let columns: BilinearTable
  private let normalized: [Float]
  private let frame: UnsafeMutablePointer<Float>
  private let widened: UnsafeMutablePointer<Float>
  private let line: UnsafeMutablePointer<Float>
  private let isResizing: Bool

  /// A renderer of `height × width` pictures to `side × side`.
  ///
  /// - Precondition: `outputChannels` is `channels`, or `channels` is 1.
  package init(height: Int, width: Int, channels: Int, side: Int, outputChannels: Int) {
    precondition(
      channels == outputChannels || channels == 1, "\(channels) channels as \(outputChannels)")
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.side, self.outputChannels) = (side, outputChannels)
    rows = BilinearTable(from: height, to: side)
    columns = BilinearTable(from: width, to: side)
    normalized = (0..<256).map { Float($0) / 127.5 - 1 }
    isResizing = side != height || side != width
    frame = .allocate(capacity: height * width * channels)
    widened = .allocate(capacity: height * side * channels)
    line = .allocate(capacity: side * channels)
  }

  deinit {
    frame.deallocate()
    widened.deallocate()
    line.deallocate()
  }

  /// The floats a rendered picture has.
  package var outputCount: Int { side * side * outputChannels }

  /// Renders `height × width × channels` bytes into ``outputCount`` floats.
  package func render(
    _ source: UnsafePointer<UInt8>, _ change: PictureChange,
    into target: UnsafeMutablePointer<Float>
  ) {
    place(source, change)
    let count = side * channels
    if isResizing { widenRows() }
    for row in 0..<side {
      var finished = UnsafePointer(frame + row * count)
      if isResizing {
        let upper = widened + rows.first[row] * count
        let lower = widened + rows.second[row] * count
        let weight = rows.weight[row]
        for index in 0..<count {
          line[index] = upper[index] + weight * (lower[index] - upper[index])
        }
        finished = UnsafePointer(line)
      }
      write(finished, to: target + row * side * outputChannels)
    }
  }

  /// The source's pixels, normalized, moved, mirrored and covered, in `frame`.
  private func place(_ source: UnsafePointer<UInt8>, _ change: PictureChange) {
    let count = width * channels
    normalized.withUnsafeBufferPointer { normalized in
      for row in 0..<height {
        let target = frame + row * count
        let sourceRow = row - change.down
        guard 0..<height ~= sourceRow else {
          target.update(repeating: -1, count: count)
          continue
        }
        let pixels = source + sourceRow * count
        if !change.isFlipped, change.right == 0 {
          for index in 0..<count { target[index] = normalized[Int(pixels[index])] }
          continue
        }
        for column in 0..<width {
          let from = (change.isFlipped ? width - 1 - column : column) - change.right
          for channel in 0..<channels {
            target[column * channels + channel] =
              0..<width ~= from ? normalized[Int(pixels[from * channels + channel])] : -1
          }
        }
      }
    }
    let (rows, columns) = change.covered
    for row in rows {
      (frame + row * count + columns.lowerBound * channels)
        .update(repeating: 0, count: columns.count * channels)
    }
  }

  /// The rows of `frame`, resized to `side` columns, in `widened`.
  private func widenRows() {
    let channels = self.channels
    columns.first.withUnsafeBufferPointer { first in
      columns.second.withUnsafeBufferPointer { second in
        columns.weight.withUnsafeBufferPointer { weight in
          for row in 0..<height {
            let source = frame + row * width * channels
            var target = widened + row * side * channels
            for column in 0..<side {
              let left = source + first[column] * channels
              let right = source + second[column] * channels
              for channel in 0..<channels {
                target[channel] = left[channel] + weight[column] * (right[channel] - left[channel])
              }
              target += channels
            }
          }
        }
      }
    }
  }

  /// One finished row, each number repeated where the output has more channels.
  private func write(_ row: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
    if outputChannels == channels {
      target.update(from: row, count: side * channels)
    } else if outputChannels == 3 {
      for column in 0..<side {
        let value = row[column]
        target[3 * column] = value
        target[3 * column + 1] = value
        target[3 * column + 2] = value
      }
    } else {
      for column in 0..<side {
        (target + column * outputChannels).update(repeating: row[column], count: outputChannels)
      }
    }
  }

  /// Pictures as a network takes them, unchanged: `float32` of `[count, side, side, channels]`.
  ///
  /// - Parameter pixels: `uint8` of shape `[count, height, width, channels]`, a few of them.
  /// - Throws: `DatasetError` where the pixels are not that, or their channels do not become
  ///   `channels`.
  package static func input(
    from pixels: Tensor, side: Int, channels: Int
  ) throws(DatasetError) -> Tensor {
    guard pixels.dataType == .uint8, pixels.shape.rank == 4, pixels.count > 0,
      pixels.shape[3] == channels || pixels.shape[3] == 1, side > 0
    else {
      throw DatasetError(
        .mismatch,
        "pictures: expected uint8[count, height, width, 1 or \(channels)], got \(pixels.type)")
    }
    let renderer = PictureRenderer(
      height: pixels.shape[1], width: pixels.shape[2], channels: pixels.shape[3], side: side,
      outputChannels: channels)
    var input = Tensor(zeros: TensorType([pixels.shape[0], side, side, channels]))
    let size = pixels.count / pixels.shape[0]
    input.withMutableElements(as: Float.self) { target in
      pixels.withElements(as: UInt8.self) { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        for index in 0..<pixels.shape[0] {
          renderer.render(
            from + index * size, PictureChange(), into: to + index * renderer.outputCount)
        }
      }
    }
    return input
  }
}
