/// Something that can be drawn and written as a PNG file.
///
/// The same content gives the same bytes: pictures hold no time stamps.
public protocol Picture {
  /// The picture as the bytes of a PNG file.
  func png() throws(PictureError) -> [UInt8]
}
