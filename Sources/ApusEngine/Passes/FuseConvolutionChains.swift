import ApusGraph
import ApusKernels
import ApusTensors

extension Computation {
  /// The computation with chains of convolution, batch normalization and clip fused.
  ///
  /// Each activation is stored once, before its normalization: what reads it normalizes and clips it
  /// on the way, and what makes it sums its statistics. Backward the same is done with the gradients,
  /// and the masks of the clips are made again. Half of the traffic of such a network disappears.
  func fusingConvolutionChains(_ precision: Precision) throws -> Computation {
    let operandType: DataType = precision == .bfloat16 ? .bfloat16 : .float32
    guard operandType == .float32 || FusedConvolutionForm.supportsBFloat16 else { return self }
    var fusion = ConvolutionChainFusion(ConvolutionChains(self), operandType)
    return try GraphRewriter.rewrite(self) { application, inputs in
      try fusion.outputs(of: application, inputs)
    }
  }
}

/// Gives what stands for each application of a chain, in the order they run.
private struct ConvolutionChainFusion {
  private let chains: ConvolutionChains
  private let operandType: DataType
  /// What a convolution reads in place of a normalization's value.
  private var activations: [Application: Activation] = [:]
  /// What a convolution's gradients read in place of the gradient of its output.
  private var gradients: [Application: NormalizedGradient] = [:]
  /// The gradients of a site, both outputs of one application.
  private var fused: [Application: [Node]] = [:]
  /// The new inputs of the forward convolutions.
  private var forwardInputs: [Application: [Node]] = [:]

  /// `clip(x · scale + shift)`.
  private struct Activation {
    let x: Node
    let scale, shift, mean: Node
    let bounds: ClipBounds
  }

  /// `a · dz + b · y + c`.
  private struct NormalizedGradient {
    let dz, y: Node
    let a, b, c: Node
  }

  init(_ chains: ConvolutionChains, _ operandType: DataType) {
    self.chains = chains
    self.operandType = operandType
  }

  mutating func outputs(of application: Application, _ inputs: [Node]) throws -> [Node]? {
    if chains.sites[application] != nil {
      forwardInputs[application] = inputs
      return try convolution(application, inputs)
    }
    if chains.normalizations[application] != nil { return try normalization(application, inputs) }
    if chains.chained.contains(application) {
      return try normalizationGradient(application, inputs)
    }
    guard let forward = chains.siteOf[application], let site = chains.sites[forward] else {
      return nil
    }
    return try convolutionGradient(application, of: site, inputs)
  }

  // MARK: Forward

  private func operandType(of site: ConvolutionChains.Site) -> DataType {
    site.form == .depthwise ? .float32 : operandType
  }

  private func activation(readBy site: ConvolutionChains.Site) -> Activation? {
    let source = site.input.application
    return chains.inlined.contains(source) && site.input.index == 0 ? activations[source] : nil
  }

  private func convolution(_ application: Application, _ inputs: [Node]) throws -> [Node]? {
    guard let site = chains.sites[application], let geometry = site.geometry else { return nil }
    let givesMoments = chains.normalizations.keys.contains { $0.inputs[0] == Node(application) }
    let activation = activation(readBy: site)
    guard givesMoments || activation != nil || site.isSmallProduct else { return nil }
    let fused = FusedConvolution2D(
      geometry: geometry, bounds: activation?.bounds, givesMoments: givesMoments,
      operandType: operandType(of: site))
    var operands = [inputs[0], inputs[1]]
    if let activation { operands = [activation.x, inputs[1], activation.scale, activation.shift] }
    return [try fused.outputs(of: operands)[0]]
  }

  /// Mean and variance by the convolution; the value for those who read it as it is.
  private mutating func normalization(
    _ application: Application, _ inputs: [Node]
  ) throws -> [Node]? {
    guard let normalization = chains.normalizations[application] else { return nil }
    let (y, gamma, beta) = (inputs[0], inputs[1], inputs[2])
    let (mean, variance) = (y.output(1), y.output(2))
    let scale = try gamma * (variance + normalization.epsilon).reciprocalSquareRoot()
    let shift = try beta - mean * scale
    let bounds = normalization.bounds
    activations[application] = Activation(
      x: y, scale: scale, shift: shift, mean: mean, bounds: bounds)
    let value = try Clip(lower: bounds.lower, upper: bounds.upper)(y * scale + shift)
    return [value, mean, variance]
  }

  // MARK: Backward

  /// The coefficients of a normalization's gradient, from the sums of the convolution behind it.
  private mutating func normalizationGradient(
    _ application: Application, _ inputs: [Node]
  ) throws -> [Node]? {
    guard let dz = inputs.last, let forward = normalizationForward(of: application),
      let normalization = chains.normalizations[forward], let activation = activations[forward]
    else { return nil }
    let (y, variance) = (activation.x, activation.x.output(2))
    let (sum, products) = (dz.output(2), dz.output(3))
    let deviation = try (variance + normalization.epsilon).reciprocalSquareRoot()
    let share = Double(y.shape[3]) / Double(max(1, y.type.count))
    let dgamma = try products * deviation
    let b = try -1 * activation.scale * deviation * dgamma * share
    let c = try -1 * activation.scale * sum * share - b * activation.mean
    gradients[application] = NormalizedGradient(dz: dz, y: y, a: activation.scale, b: b, c: c)
    let value = try activation.scale * dz + b * y + c
    return [value, dgamma, sum]
  }

  private func normalizationForward(of gradient: Application) -> Application? {
    chains.normalizations.first { $0.value.gradient == gradient }?.key
  }

  private mutating func convolutionGradient(
    _ application: Application, of site: ConvolutionChains.Site, _ inputs: [Node]
  ) throws -> [Node]? {
    let both: [Node]
    if let present = fused[site.forward] {
      both = present
    } else {
      guard let made = try fusedGradient(of: site, gradient: inputs[gradientIndex(application)])
      else { return nil }
      fused[site.forward] = made
      both = made
    }
    return [application == site.filterGradient ? both[0] : both[1]]
  }

  /// Where a gradient of a convolution has that of the output.
  private func gradientIndex(_ application: Application) -> Int {
    application.operation is Convolution2DFilterGradient ? 1 : 0
  }

  /// Both gradients of a site; nil where there is nothing to be fused with.
  private func fusedGradient(
    of site: ConvolutionChains.Site, gradient: Node
  ) throws -> [Node]? {
    guard let filterGradient = site.filterGradient, let geometry = site.geometry,
      let inputs = forwardInputs[site.forward]
    else { return nil }
    let activation = activation(readBy: site)
    let normalized = gradients[filterGradient.inputs[1].application]
    guard activation != nil || normalized != nil || site.isSmallProduct else { return nil }
    let operation = FusedConvolution2DGradient(
      geometry: geometry, bounds: activation?.bounds, isNormalized: normalized != nil,
      givesInput: site.inputGradient != nil, operandType: operandType(of: site))
    var operands = [normalized?.dz ?? gradient, activation?.x ?? inputs[0], inputs[1]]
    if let activation { operands += [activation.scale, activation.shift, activation.mean] }
    if let normalized { operands += [normalized.y, normalized.a, normalized.b, normalized.c] }
    return try operation.outputs(of: operands)
  }
}

extension ConvolutionChains.Site {
  fileprivate var geometry: ConvolutionGeometry? {
    (forward.operation as? Convolution2D)?.geometry
  }
}
