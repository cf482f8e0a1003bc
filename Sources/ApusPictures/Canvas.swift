import CCairo

/// A white sheet to draw on, measured in points; each point is two pixels wide.
///
/// Faults of the drawing library are kept by it and reported by ``png()``.
final class Canvas {
  static let largestSide = 16_000.0
  private static let pixelsPerPoint = 2.0
  /// What a sheet is written as.
  enum Format {
    case png, svg
  }

  let width: Double
  let height: Double
  /// The font of what is drawn next.
  var fontFamily = FontFinder.standardFamily
  private let surface: OpaquePointer?
  private let context: OpaquePointer?
  private let written: ByteSink?

  init(width: Double, height: Double, format: Format = .png) throws(PictureError) {
    let sides = 1...Canvas.largestSide
    guard sides.contains(width), sides.contains(height) else {
      throw .size(width: width, height: height)
    }
    self.width = width
    self.height = height
    switch format {
    case .png:
      written = nil
      surface = cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, Int32(width * Canvas.pixelsPerPoint),
        Int32(height * Canvas.pixelsPerPoint))
      context = cairo_create(surface)
      cairo_scale(context, Canvas.pixelsPerPoint, Canvas.pixelsPerPoint)
    case .svg:
      let sink = ByteSink()
      written = sink
      surface = cairo_svg_surface_create_for_stream(
        ByteSink.write, Unmanaged.passUnretained(sink).toOpaque(), width, height)
      context = cairo_create(surface)
    }
    setFontOptions()
    fill(Rectangle(x: 0, y: 0, width: width, height: height), .paper)
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Letters without hinting: their widths do not depend on the machine's settings.
  private func setFontOptions() {
    let options = cairo_font_options_create()
    defer { cairo_font_options_destroy(options) }
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_set_font_options(context, options)
  }

  // MARK: Shapes

  func fill(_ area: Rectangle, _ color: Color, radius: Double = 0) {
    set(color)
    trace(area, radius: radius)
    cairo_fill(context)
  }

  func stroke(_ area: Rectangle, _ color: Color, width: Double, radius: Double = 0) {
    set(color)
    cairo_set_line_width(context, width)
    trace(area, radius: radius)
    cairo_stroke(context)
  }

  /// Draws a line through `points`.
  func stroke(_ points: [Point], _ color: Color, width: Double, opacity: Double = 1) {
    guard let first = points.first else { return }
    set(color, opacity: opacity)
    cairo_set_line_width(context, width)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
    cairo_move_to(context, first.x, first.y)
    for point in points.dropFirst() { cairo_line_to(context, point.x, point.y) }
    cairo_stroke(context)
  }

  /// Fills the area that `corners` go around.
  func fill(_ corners: [Point], _ color: Color, opacity: Double) {
    guard let first = corners.first else { return }
    set(color, opacity: opacity)
    cairo_move_to(context, first.x, first.y)
    for corner in corners.dropFirst() { cairo_line_to(context, corner.x, corner.y) }
    cairo_close_path(context)
    cairo_fill(context)
  }

  func fillDisc(at center: Point, radius: Double, _ color: Color) {
    set(color)
    cairo_arc(context, center.x, center.y, radius, 0, 2 * .pi)
    cairo_fill(context)
  }

  /// Draws only inside `area` while `body` runs.
  func clipped(to area: Rectangle, _ body: () -> Void) {
    cairo_save(context)
    trace(area, radius: 0)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  private func trace(_ area: Rectangle, radius: Double) {
    guard radius > 0 else {
      cairo_rectangle(context, area.x, area.y, area.width, area.height)
      return
    }
    cairo_new_sub_path(context)
    let (left, right) = (area.x + radius, area.x + area.width - radius)
    let (top, bottom) = (area.y + radius, area.y + area.height - radius)
    cairo_arc(context, right, top, radius, -.pi / 2, 0)
    cairo_arc(context, right, bottom, radius, 0, .pi / 2)
    cairo_arc(context, left, bottom, radius, .pi / 2, .pi)
    cairo_arc(context, left, top, radius, .pi, 1.5 * .pi)
    cairo_close_path(context)
  }

  private func set(_ color: Color, opacity: Double = 1) {
    cairo_set_source_rgba(context, color.red, color.green, color.blue, opacity)
  }

  // MARK: Text

  /// Where a text stands relative to the point it is drawn at.
  enum Alignment {
    case leading, center, trailing
  }

  /// Draws one line of text whose capitals are centred on the point's height.
  func draw(_ text: String, at point: Point, _ style: TextStyle, _ alignment: Alignment = .leading)
  {
    cairo_save(context)
    defer { cairo_restore(context) }
    cairo_translate(context, point.x, point.y)
    cairo_rotate(context, style.angle)
    let start =
      switch alignment {
      case .leading: 0.0
      case .center: -width(of: text, style) / 2
      case .trailing: -width(of: text, style)
      }
    select(style)
    set(style.color)
    let capitalHeight = 0.729  // of DejaVu Sans, in ems
    cairo_move_to(context, start, style.size * capitalHeight / 2)
    cairo_show_text(context, text)
  }

  func width(of text: String, _ style: TextStyle) -> Double {
    select(style)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }

  /// `text`, its end replaced by an ellipsis where it is wider than `width`.
  func fitted(_ text: String, into width: Double, _ style: TextStyle) -> String {
    guard self.width(of: text, style) > width else { return text }
    var kept = text
    while !kept.isEmpty, self.width(of: kept + "…", style) > width { kept.removeLast() }
    return kept + "…"
  }

  private func select(_ style: TextStyle) {
    cairo_select_font_face(
      context, fontFamily, CAIRO_FONT_SLANT_NORMAL,
      style.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, style.size)
  }

  // MARK: Images

  /// Draws `image` over the whole of `area`; pixels stay sharp where they are enlarged.
  func draw(_ image: RasterImage, in area: Rectangle) {
    var pixels = image.pixels
    pixels.withUnsafeMutableBytes { bytes in
      let source = cairo_image_surface_create_for_data(
        bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), CAIRO_FORMAT_RGB24,
        Int32(image.width), Int32(image.height), Int32(image.width * 4))
      cairo_save(context)
      cairo_translate(context, area.x, area.y)
      cairo_scale(context, area.width / Double(image.width), area.height / Double(image.height))
      cairo_set_source_surface(context, source, 0, 0)
      let enlarges = area.width * Canvas.pixelsPerPoint >= Double(image.width)
      cairo_pattern_set_filter(
        cairo_get_source(context), enlarges ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD)
      cairo_rectangle(context, 0, 0, Double(image.width), Double(image.height))
      cairo_fill(context)
      cairo_restore(context)
      // The memory goes with this call, whatever still refers to the surface.
      cairo_surface_finish(source)
      cairo_surface_destroy(source)
    }
  }

  // MARK: Bytes

  /// What was drawn, as the bytes of a file; nothing can be drawn afterwards on a sheet of SVG.
  func bytes() throws(PictureError) -> [UInt8] {
    try check(cairo_status(context))
    cairo_surface_flush(surface)
    if let written {
      cairo_surface_finish(surface)
      try check(cairo_surface_status(surface))
      return written.bytes
    }
    let sink = ByteSink()
    try check(
      cairo_surface_write_to_png_stream(
        surface, ByteSink.write, Unmanaged.passUnretained(sink).toOpaque()))
    return sink.bytes
  }

  /// What was drawn, as the bytes of a PNG file.
  func png() throws(PictureError) -> [UInt8] { try bytes() }

  private func check(_ status: cairo_status_t) throws(PictureError) {
    guard status == CAIRO_STATUS_SUCCESS else {
      throw .drawing(String(cString: cairo_status_to_string(status)))
    }
  }
}

/// Takes what the drawing library writes.
private final class ByteSink {
  var bytes: [UInt8] = []

  static let write: cairo_write_func_t = { target, data, count in
    guard let target, let data else { return CAIRO_STATUS_WRITE_ERROR }
    let sink = Unmanaged<ByteSink>.fromOpaque(target).takeUnretainedValue()
    sink.bytes.append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
    return CAIRO_STATUS_SUCCESS
  }
}
