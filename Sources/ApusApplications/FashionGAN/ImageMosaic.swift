import ApusFormats
import ApusTensors

/// Small grey pictures in rows, each enlarged by whole pixels, on white.
struct ImageMosaic {
  /// The width and height of a pixel of a picture.
  var scale = 3
  /// The white between pictures and around them, in pixels.
  let gap = 6
  let columns: Int

  /// The mosaic, `uint8 [height, width, 1]`.
  ///
  /// - Shapes: `pictures: uint8 [count, height, width, 1]`, at least one.
  func picture(of pictures: Tensor) -> Tensor {
    let (count, height, width) = (pictures.shape[0], pictures.shape[1], pictures.shape[2])
    let rows = (count + columns - 1) / columns
    let (tileHeight, tileWidth) = (height * scale + gap, width * scale + gap)
    let (totalHeight, totalWidth) = (rows * tileHeight + gap, columns * tileWidth + gap)
    var pixels = [UInt8](repeating: 255, count: totalHeight * totalWidth)
    pictures.withElements(as: UInt8.self) { source in
      for index in 0..<count {
        let (top, left) = (
          gap + index / columns * tileHeight, gap + index % columns * tileWidth
        )
        for row in 0..<height * scale {
          let from = (index * height + row / scale) * width
          let to = (top + row) * totalWidth + left
          for column in 0..<width * scale { pixels[to + column] = source[from + column / scale] }
        }
      }
    }
    return Tensor(pixels, shape: [totalHeight, totalWidth, 1])
  }

  /// The first `count` pictures of a mosaic, each `uint8 [side, side]`.
  ///
  /// - Throws: ``RunError/damaged(file:reason:)`` where the mosaic of `file` is too small for them.
  func pictures(
    in mosaic: Tensor, count: Int, side: Int, file: String
  ) throws(RunError) -> [Tensor] {
    let tile = side * scale + gap
    let rows = (count + columns - 1) / columns
    guard mosaic.dataType == .uint8, mosaic.shape.rank == 3, mosaic.shape[2] == 1,
      mosaic.shape[0] >= rows * tile + gap, mosaic.shape[1] == columns * tile + gap
    else {
      throw .damaged(file: file, reason: "expected a grid of samples, found \(mosaic.type)")
    }
    let width = mosaic.shape[1]
    return mosaic.withElements(as: UInt8.self) { pixels in
      (0..<count).map { index in
        let (top, left) = (gap + index / columns * tile, gap + index % columns * tile)
        let picture = (0..<side * side).map { place in
          pixels[(top + place / side * scale) * width + left + place % side * scale]
        }
        return Tensor(picture, shape: [side, side])
      }
    }
  }
}
