/// Why a picture could not be drawn.
public enum PictureError: Error, Sendable, Hashable {
  /// No picture has this many pixels across or down.
  case size(width: Double, height: Double)
  /// The drawing library stopped; the text is its own reason.
  case drawing(String)
  /// A tensor was given as an image whose type is none.
  case image(String)
  /// What is to be shown does not fit together, such as counts and names of classes.
  case content(String)
  /// No font of this machine has the letters of a text.
  case font(missing: String)
}

extension PictureError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .size(let width, let height):
      "a picture of \(width) × \(height) points cannot be drawn: "
        + "expected 1 to \(Int(Canvas.largestSide)) each way"
    case .drawing(let reason): "a picture could not be drawn: \(reason)"
    case .image(let type):
      "an image is uint8 [height, width], [height, width, 1] or [height, width, 3], got \(type)"
    case .content(let text): text
    case .font(let text):
      "no font on this machine has the letters of \(text); install one that has, such as Debian's "
        + "fonts-noto-cjk for Chinese"
    }
  }
}
