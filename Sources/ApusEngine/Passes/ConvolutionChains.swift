import ApusGraph
import ApusKernels
import ApusTensors

/// The convolutions and batch normalizations of a computation that can be run as a chain.
///
/// A normalization is left to the convolutions that read its value, forward and backward, where
/// these are all there is that reads it; its statistics are left to the convolution before it.
struct ConvolutionChains {
  /// A convolution with its gradients, as far as they are computed.
  struct Site {
    let forward: Application
    let form: FusedConvolutionForm
    let filterGradient: Application?
    let inputGradient: Application?

    var input: Node { forward.inputs[0] }

    /// Whether it is fused with nothing around it, for what oneDNN does beside multiplying, such as
    /// allocating, takes as long: a matrix product with both gradients of few numbers.
    var isSmallProduct: Bool {
      guard form == .pixels, filterGradient != nil, inputGradient != nil else { return false }
      return forward.types[0].count * forward.inputs[1].shape[2] <= 1 << 22
    }
  }

  /// A normalization, clipped or not, of a convolution's output.
  struct Normalization {
    let epsilon: Double
    let bounds: ClipBounds
    let gradient: Application?
  }

  private(set) var sites: [Application: Site] = [:]
  private(set) var normalizations: [Application: Normalization] = [:]
  /// The normalizations whose value is never stored.
  private(set) var inlined: Set<Application> = []
  /// The gradients of normalizations that are left to the convolutions around them.
  private(set) var chained: Set<Application> = []
  /// The convolution that a gradient belongs to.
  private(set) var siteOf: [Application: Application] = [:]

  private let consumers: [Node: [Application]]
  private let results: Set<Node>

  init(_ computation: Computation) {
    consumers = computation.consumers()
    results = Set(computation.results)
    let order = reachable(from: computation.results)
    for application in order { addSite(application) }
    for application in order { addNormalization(application) }
    for application in order where normalizations[application] != nil { inline(application) }
  }

  private func users(of node: Node) -> [Application] { consumers[node] ?? [] }

  // MARK: Sites

  private mutating func addSite(_ application: Application) {
    guard let convolution = application.operation as? Convolution2D,
      application.inputs.allSatisfy({ $0.dataType == .float32 }),
      application.types[0].dataType == .float32
    else { return }
    let (input, filter) = (application.inputs[0], application.inputs[1])
    guard
      let form = FusedConvolutionForm(
        convolution.geometry, input: input.shape, filter: filter.shape)
    else { return }
    var gradients = gradients(of: application, convolution.geometry)
    // Patches have no gradient of the input.
    if form == .patches, gradients.input != nil { return }
    // Convolutions by one filter whose outputs have one gradient share that of their inputs.
    if let shared = gradients.input, siteOf[shared] != nil { gradients.input = nil }
    sites[application] = Site(
      forward: application, form: form, filterGradient: gradients.filter,
      inputGradient: gradients.input)
    for gradient in [gradients.filter, gradients.input].compactMap(\.self) {
      siteOf[gradient] = application
    }
  }

  /// The gradients of a convolution; nil where another convolution could have the same ones, or where
  /// they come first: a convolution by the same filter was made again behind them.
  private func gradients(
    of application: Application, _ geometry: ConvolutionGeometry
  ) -> (filter: Application?, input: Application?) {
    let (input, filter) = (application.inputs[0], application.inputs[1])
    let likes = users(of: input).filter {
      ($0.operation as? Convolution2D)?.geometry == geometry && $0.inputs[0] == input
        && $0.inputs[1].shape == filter.shape
    }
    let expected = Convolution2DFilterGradient(geometry: geometry, filterShape: filter.shape)
    let candidates = users(of: input).filter {
      ($0.operation as? Convolution2DFilterGradient) == expected && $0.inputs[0] == input
    }
    guard likes.count == 1, candidates.count == 1, candidates[0].number > application.number else {
      return (nil, nil)
    }
    let wanted = Convolution2DInputGradient(geometry: geometry, inputShape: input.shape)
    let gradient = candidates[0].inputs[1]
    let others = users(of: gradient).filter {
      ($0.operation as? Convolution2DInputGradient) == wanted && $0.inputs == [gradient, filter]
        && $0.number > application.number
    }
    return (candidates[0], others.first)
  }

  // MARK: Normalizations

  private mutating func addNormalization(_ application: Application) {
    let bounds: ClipBounds
    let epsilon: Double
    switch application.operation {
    case let operation as BatchNormalizationClip where operation.resultType == nil:
      bounds = ClipBounds(lower: operation.lower, upper: operation.upper)
      epsilon = operation.epsilon
    case let operation as BatchNormalization:
      bounds = ClipBounds(lower: -.infinity, upper: .infinity)
      epsilon = operation.epsilon
    default: return
    }
    let input = application.inputs[0]
    guard sites[input.application] != nil else { return }
    let gradients = users(of: input).filter { $0.normalizationGradientInputs != nil }
    let own = gradients.filter { $0.isGradient(of: application, bounds, epsilon) }
    normalizations[application] = Normalization(
      epsilon: epsilon, bounds: bounds,
      gradient: gradients.count == 1 && own.count == 1 ? own[0] : nil)
  }

  // MARK: Chains

  /// Decides whether the value of a normalization is left to its readers.
  private mutating func inline(_ application: Application) {
    let value = Node(application)
    let users = users(of: value)
    guard !users.isEmpty, !results.contains(value) else { return }
    var readers: Set<Application> = []
    for user in users {
      let forward = sites[user] == nil ? siteOf[user] : user
      guard let forward, let site = sites[forward], site.form != .patches, site.input == value,
        user == forward || user == site.filterGradient
      else { return }
      readers.insert(forward)
    }
    guard readers.contains(where: { sites[$0]?.inputGradient != nil }) else {
      inlined.insert(application)
      return
    }
    guard readers.count == 1, let reader = readers.first.flatMap({ sites[$0] }),
      let gradient = chainableGradient(of: application, readBy: reader)
    else { return }
    inlined.insert(application)
    chained.insert(gradient)
  }

  /// The gradient of a normalization where it goes from one reader to the convolution before, and
  /// nowhere else.
  private func chainableGradient(
    of application: Application, readBy reader: Site
  ) -> Application? {
    guard let gradient = normalizations[application]?.gradient,
      let incoming = reader.inputGradient.map({ Node($0) }), !results.contains(incoming),
      users(of: incoming) == [gradient],
      gradient.normalizationGradientInputs?.incoming == incoming,
      let before = sites[application.inputs[0].application], before.filterGradient != nil,
      !results.contains(Node(gradient))
    else { return nil }
    let gradients = [before.filterGradient, before.inputGradient]
    guard users(of: Node(gradient)).allSatisfy({ gradients.contains($0) }),
      before.filterGradient?.inputs[1] == Node(gradient)
    else { return nil }
    return gradient
  }
}

extension Application {
  /// What a gradient of a batch normalization, clipped or not, reads.
  fileprivate var normalizationGradientInputs: (statistics: [Node], incoming: Node)? {
    switch operation {
    case is BatchNormalizationGradient:
      ([inputs[0], inputs[1], inputs[2], inputs[3]], inputs[4])
    case is BatchNormalizationClipGradient:
      ([inputs[0], inputs[1], inputs[3], inputs[4]], inputs[5])
    default: nil
    }
  }

  /// Whether this is the gradient of `normalization`.
  fileprivate func isGradient(
    of normalization: Application, _ bounds: ClipBounds, _ epsilon: Double
  ) -> Bool {
    let expected = [
      normalization.inputs[0], normalization.inputs[1], normalization.outputs[1],
      normalization.outputs[2],
    ]
    guard normalizationGradientInputs?.statistics == expected else { return false }
    switch operation {
    case let gradient as BatchNormalizationClipGradient:
      return gradient.epsilon == epsilon && inputs[2] == normalization.inputs[2]
        && bounds == ClipBounds(lower: gradient.lower, upper: gradient.upper)
    case let gradient as BatchNormalizationGradient:
      return gradient.epsilon == epsilon
        && bounds == ClipBounds(lower: -.infinity, upper: .infinity)
    default: return false
    }
  }
}
