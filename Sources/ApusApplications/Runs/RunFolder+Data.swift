import ApusDatasets

extension RunFolder {
  /// What `load` makes of the images that a run was begun with.
  ///
  /// - Throws: ``RunError/setting(_:)`` where their folder has none any more, for a resumed run takes no other
  ///   one; what `load` throws.
  static func sameData<Data>(in folder: String, _ load: (String) throws -> Data) throws -> Data {
    do {
      return try load(folder)
    } catch let error as DatasetError {
      guard case .missing = error.reason else { throw error }
      throw RunError.setting(
        "\(folder): expected the images that the run was begun with, found none; put their four IDX files "
          + "back there, or a link to them")
    }
  }
}
