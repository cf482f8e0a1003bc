extension GANRecipe {
  /// Checks that the memory suffices for a step.
  static func checkMemory(_ settings: GANSettings) throws(RunError) {
    try expectMemory(
      100e6 + Double(settings.batchSize) * settings.preset.bytesOfAPicture,
      for: "a step of \(settings.batchSize.grouped) pictures with \(settings.preset.rawValue)",
      advice: "give a smaller --batch-size")
  }
}

extension GANPreset {
  /// About the bytes that a step takes for each picture of its batch, as measured.
  fileprivate var bytesOfAPicture: Double {
    switch self {
    case .dense: 0.05e6
    case .dcgan: 0.4e6
    case .wganGPConv: 1.4e6
    }
  }
}
