import CFontconfig

/// Finds a font of this machine that has the letters of a text.
struct FontFinder {
  /// The font of everything that it can write.
  static let standardFamily = "DejaVu Sans"

  private var known: [(family: String, letters: Set<Unicode.Scalar>)] = []

  /// The family of a font with all letters of `text`.
  ///
  /// - Throws: ``PictureError/font(missing:)`` where no font has them.
  mutating func family(for text: String) throws(PictureError) -> String {
    let letters = Set(text.unicodeScalars.filter { $0.value >= 0x250 })
    if letters.isEmpty { return Self.standardFamily }
    if let match = known.first(where: { $0.letters.isSuperset(of: letters) }) {
      return match.family
    }
    guard let family = Self.search(letters) else { throw .font(missing: text) }
    if let place = known.firstIndex(where: { $0.family == family }) {
      known[place].letters.formUnion(letters)
    } else {
      known.append((family, letters))
    }
    return family
  }

  /// The standard family where it has the letters, else the first in the order of names.
  private static func search(_ letters: Set<Unicode.Scalar>) -> String? {
    let set = FcCharSetCreate()
    defer { FcCharSetDestroy(set) }
    for letter in letters { FcCharSetAddChar(set, letter.value) }
    let pattern = FcPatternCreate()
    defer { FcPatternDestroy(pattern) }
    FcPatternAddCharSet(pattern, FC_CHARSET, set)
    let wanted = FcObjectSetCreate()
    defer { FcObjectSetDestroy(wanted) }
    FcObjectSetAdd(wanted, FC_FAMILY)
    guard let fonts = FcFontList(nil, pattern, wanted) else { return nil }
    defer { FcFontSetDestroy(fonts) }
    let families = (0..<Int(fonts.pointee.nfont)).compactMap { place -> String? in
      var name: UnsafeMutablePointer<FcChar8>?
      guard FcPatternGetString(fonts.pointee.fonts[place], FC_FAMILY, 0, &name) == FcResultMatch,
        let name
      else { return nil }
      return String(cString: name)
    }
    return families.contains(standardFamily) ? standardFamily : families.min()
  }
}
