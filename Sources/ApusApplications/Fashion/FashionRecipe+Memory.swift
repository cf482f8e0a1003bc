extension FashionRecipe {
  /// About the bytes that training with these settings takes.
  ///
  /// A step holds what each convolution and each activation gives until the gradients have used it: twice
  /// 100 α float32 numbers for each pixel of MobileNet's input. Look-ahead keeps four batches of three
  /// channels; weights are held four times (themselves, gradient, slot, checkpoint), and at the top of a climb.
  package static func memoryEstimate(_ settings: FashionSettings) -> Int {
    let pixels = Double(settings.rowCount * settings.side * settings.side)
    let activations = pixels * 200 * settings.width * 4
    let batches = pixels * 3 * 4 * 4
    let copies = settings.sharpness > 0 ? 5.0 : 4
    let weights = 13e6 * settings.width * settings.width * copies
    return Int(activations + batches + weights)
  }

  /// Checks that the memory suffices, for the system ends a process that takes more without a word.
  ///
  /// - Parameter free: the bytes that can still be taken; nil where the system does not say.
  /// - Throws: ``RunError/noMemory(purpose:needed:free:)``.
  package static func checkMemory(
    _ settings: FashionSettings, free: Int? = SystemFiles.availableMemoryBytes
  ) throws(RunError) {
    let needed = memoryEstimate(settings)
    guard let free, needed > free else { return }
    throw .noMemory(
      purpose: "a step of \(settings.batchSize.grouped) images"
        + (settings.isPaired ? ", each beside its mirror image, " : " ")
        + "of \(settings.side) × \(settings.side) pixels at α \(settings.width)",
      needed: needed, free: free)
  }

  /// Checks that the memory suffices for an evaluation of so many images.
  ///
  /// Look-ahead keeps four batches of three channels; the largest activations are the result of the first
  /// block and what it reads, 16 α and 8 α float32 numbers for each pixel.
  ///
  /// - Throws: ``RunError/noMemory(purpose:needed:free:)``.
  package static func checkMemory(
    evaluating images: Int, _ settings: FashionSettings,
    free: Int? = SystemFiles.availableMemoryBytes
  ) throws(RunError) {
    let count = min(settings.batchSize, images)
    let pixels = Double(count * settings.side * settings.side)
    let needed = Int(
      pixels * 4 * (3 * 4 + 24 * settings.width) + 13e6 * settings.width * settings.width * 2)
    guard let free, needed > free else { return }
    throw .noMemory(
      purpose:
        "an evaluation by \(count.grouped) images of \(settings.side) × \(settings.side) pixels "
        + "at α \(settings.width)",
      needed: needed, free: free)
  }
}
