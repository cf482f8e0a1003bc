import ApusTensors

/// Pixels as the drawing library takes them: blue, green, red and an unused byte each.
struct RasterImage {
  let width: Int
  let height: Int
  let pixels: [UInt8]

  /// Takes a grey or coloured image; 0 is black.
  ///
  /// - Shapes: `uint8 [height, width]`, `[height, width, 1]` or `[height, width, 3]`.
  init(_ tensor: Tensor) throws(PictureError) {
    let extents = tensor.shape.extents
    let channels = extents.count == 3 ? extents[2] : 1
    let largest = Int(Canvas.largestSide)
    guard tensor.dataType == .uint8, 2...3 ~= extents.count, channels == 1 || channels == 3,
      1...largest ~= extents[0], 1...largest ~= extents[1]
    else { throw .image(tensor.type.description) }
    height = extents[0]
    width = extents[1]
    pixels = tensor.withElements(as: UInt8.self) { source in
      var pixels: [UInt8] = []
      pixels.reserveCapacity(extents[0] * extents[1] * 4)
      for start in stride(from: 0, to: source.count, by: channels) {
        let last = start + channels - 1
        pixels += [source[last], source[(start + last) / 2], source[start], 255]
      }
      return pixels
    }
  }
}
