import ApusGraph
import ApusKernels

extension Computation {
  /// The computation with each batch normalization and the clip behind it as one operation.
  ///
  /// Forward, the normalized value is stored only once, already clipped. Backward, the mask is made
  /// again from the normalization's input, so that nothing but that input is kept for it.
  func fusingBatchNormalization() throws -> Computation {
    let clips = clippedNormalizations()
    return try GraphRewriter.rewrite(self) { application, inputs in
      switch application.operation {
      case let normalization as BatchNormalization:
        guard let clip = clips[application] else { return nil }
        let fused = BatchNormalizationClip(
          epsilon: normalization.epsilon, lower: clip.lower, upper: clip.upper)
        return try Application(fused, inputs).outputs
      case is Clip:
        // The fused normalization gives the clipped value in place of its own.
        let input = application.inputs[0]
        return clips[input.application] == nil || input.index != 0 ? nil : [inputs[0]]
      case let gradient as BatchNormalizationGradient:
        return try clippedGradient(gradient, application, inputs, clips)
      default: return nil
      }
    }
  }

  private func clippedGradient(
    _ gradient: BatchNormalizationGradient, _ application: Application, _ inputs: [Node],
    _ clips: [Application: Clip]
  ) throws -> [Node]? {
    let source = application.inputs[4].application
    guard source.operation is ClipGradient, source.inputs[0].index == 0,
      let clip = clips[source.inputs[0].application],
      let normalized = inputs[2].application.operation as? BatchNormalizationClip
    else { return nil }
    precondition(normalized.lower == clip.lower, "the statistics come from another normalization")
    let fused = BatchNormalizationClipGradient(
      epsilon: gradient.epsilon, lower: clip.lower, upper: clip.upper)
    let beta = inputs[2].application.inputs[2]
    // The incoming gradient of the clip, before its mask.
    let incoming = inputs[4].application.inputs[1]
    return try Application(
      fused, [inputs[0], inputs[1], beta, inputs[2], inputs[3], incoming]
    ).outputs
  }

  /// The normalizations whose value is taken by clips of the same bounds, and by these clips'
  /// gradients on the way to the normalization's own gradient, alone.
  private func clippedNormalizations() -> [Application: Clip] {
    let consumers = consumers()
    let results = Set(results)
    var clips: [Application: Clip] = [:]
    for application in reachable(from: self.results) {
      guard application.operation is BatchNormalization, !results.contains(Node(application)),
        let users = consumers[Node(application)],
        let clip = users.lazy.compactMap({ $0.operation as? Clip }).first,
        users.allSatisfy({ isUse($0, of: clip, after: application, consumers, results) })
      else { continue }
      clips[application] = clip
    }
    return clips
  }

  private func isUse(
    _ user: Application, of clip: Clip, after normalization: Application,
    _ consumers: [Node: [Application]], _ results: Set<Node>
  ) -> Bool {
    if let other = user.operation as? Clip { return other == clip }
    guard let gradient = user.operation as? ClipGradient, !results.contains(Node(user)) else {
      return false
    }
    return gradient.lower == clip.lower && gradient.upper == clip.upper
      && user.inputs[0] == Node(normalization)
      && (consumers[Node(user)] ?? []).allSatisfy { consumer in
        consumer.operation is BatchNormalizationGradient
          && consumer.inputs == normalization.gradientInputs(along: Node(user))
      }
  }
}

extension Application {
  /// What the gradient of this normalization takes.
  fileprivate func gradientInputs(along gradient: Node) -> [Node] {
    [inputs[0], inputs[1], Node(self, index: 1), Node(self, index: 2), gradient]
  }
}
