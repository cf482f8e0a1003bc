import ApusNumerics

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

  /// About the bytes that checkpoints, weights and pictures take: 13 MB of weights at `α = 1`, beside
  /// the optimizer's slot in each of up to three checkpoints at a time, with room to spare.
  static func spaceEstimate(_ settings: FashionSettings) -> Int {
    Int(13e6 * settings.width * settings.width) * 13 + 8_000_000
  }

  /// Checks that the memory suffices for a step.
  package static func checkMemory(
    _ settings: FashionSettings, free: Int? = SystemFiles.availableMemoryBytes
  ) throws(RunError) {
    try expectMemory(
      Double(memoryEstimate(settings)),
      for: "a step of \(settings.batchSize.grouped) images"
        + (settings.isPaired ? ", each beside its mirror image, " : " ")
        + "of \(settings.side) × \(settings.side) pixels at α \(settings.width)",
      advice: "give a smaller --batch-size, --side or --width", free: free)
  }

  /// How many images the model judges at a time: the batch size, or fewer where memory holds no more.
  ///
  /// A batch has three channels; the largest activations are the result of the first block and what it
  /// reads, 16 α and 8 α float32 numbers for each pixel.
  ///
  /// - Parameter batches: how many batches are held at a time.
  /// - Throws: ``RunError/noMemory(purpose:needed:free:advice:)`` where one image is too much.
  package static func evaluationBatch(
    _ settings: FashionSettings, holding batches: Int,
    free: Int? = SystemFiles.availableMemoryBytes
  ) throws(RunError) -> Int {
    guard let free else { return settings.batchSize }
    let (weights, image) = evaluationBytes(settings, holding: batches)
    guard weights + image <= Double(free) else {
      throw .noMemory(
        purpose: "an image of \(settings.side) × \(settings.side) pixels at α \(settings.width)",
        needed: Int(weights + image), free: free)
    }
    return min(settings.batchSize, Int((Double(free) - weights) / image))
  }

  /// Checks that the model can judge so many images at a time.
  static func checkMemory(
    evaluating count: Int, _ settings: FashionSettings,
    free: Int? = SystemFiles.availableMemoryBytes
  ) throws(RunError) {
    let (weights, image) = evaluationBytes(settings, holding: 1)
    try expectMemory(
      weights + image * Double(count),
      for: "\(count) images of \(settings.side) × \(settings.side) pixels at α "
        + "\(settings.width)", free: free)
  }

  private static func evaluationBytes(
    _ settings: FashionSettings, holding batches: Int
  ) -> (weights: Double, image: Double) {
    let pixels = Double(settings.side * settings.side)
    return (
      26e6 * settings.width * settings.width,
      pixels * 4 * (3 * Double(batches) + 24 * settings.width)
    )
  }
}
