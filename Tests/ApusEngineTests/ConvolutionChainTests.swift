import ApusEngine
import ApusGraph
import ApusTensors
import ApusTestSupport
import Glibc
import Testing

/// Chains of convolution, batch normalization and clip run as the operations they are made of.
struct ConvolutionChainTests {
  /// What stands between the convolutions of a small network.
  enum Network: CaseIterable {
    /// 3×3 at stride 2, depthwise, 1×1, depthwise at stride 2, 1×1, each normalized and clipped.
    case chain
    /// The same without the clips.
    case unclipped
    /// A normalized value that two convolutions read.
    case fork
    /// A normalized value that a sum reads too.
    case residual
    /// Depthwise and 1×1 with one normalization behind both, as Xception has it.
    case separable
    /// A normalized value that is a result.
    case visible
    /// The first filter is not trained.
    case frozen
    /// A small product with nothing around it behind the chain.
    case classifier
    /// A filter that another picture is multiplied with too, before or behind the chain's own.
    case sharedFilter, filterSharedBefore
  }

  private struct Graph {
    let inputs: [Node]
    let outputs: [Node]
    let tensors: [Tensor]
  }

  /// A network with its loss, the gradients of all filters, scales and offsets, and the statistics.
  private final class Builder {
    var inputs: [Node] = []
    var tensors: [Tensor] = []
    var trained: [Node] = []
    var statistics: [Node] = []

    func operand(_ shape: Shape, around middle: Double = 0, isTrained: Bool = true) throws -> Node {
      let seed = Double(inputs.count + 1)
      let numbers = (0..<shape.count).map { Float(middle + 0.6 * sin(seed + Double($0) * 1.37)) }
      let node = try Node.placeholder("operand \(inputs.count)", TensorType(shape))
      inputs.append(node)
      tensors.append(Tensor(numbers, shape: shape))
      if isTrained { trained.append(node) }
      return node
    }

    func normalized(_ x: Node, clips: Bool = true) throws -> Node {
      let channels: Shape = [x.shape[3]]
      let parts = try BatchNormalization(epsilon: 1e-3).outputs(
        of: [x, operand(channels, around: 1), operand(channels, around: 0.5)])
      statistics += parts[1...]
      return clips ? try parts[0].relu6() : parts[0]
    }

    func depthwise(_ x: Node, stride: Int = 1) throws -> Node {
      try x.depthwiseConvolution2D(
        with: operand([3, 3, x.shape[3], 1]), strides: Size2D(stride), padding: .same)
    }

    func pointwise(_ x: Node, _ filters: Int) throws -> Node {
      try x.convolution2D(with: operand([1, 1, x.shape[3], filters]))
    }

    func graph(loss: Node, _ others: [Node] = []) throws -> Graph {
      let slopes = try gradients(of: loss, with: trained)
      return Graph(inputs: inputs, outputs: [loss] + slopes + statistics + others, tensors: tensors)
    }
  }

  private func graph(_ network: Network) throws -> Graph {
    let builder = Builder()
    let picture = try builder.operand([4, 9, 9, 3], isTrained: false)
    let filter = try builder.operand([3, 3, 3, 8], isTrained: network != .frozen)
    let clips = network != .unclipped
    var x = try picture.convolution2D(with: filter, strides: Size2D(2), padding: .same)
    x = try builder.normalized(x, clips: clips)
    var others: [Node] = []
    switch network {
    case .fork:
      x = try builder.pointwise(x, 5) + builder.pointwise(x, 5)
    case .sharedFilter, .filterSharedBefore:
      let other = try builder.operand(x.shape, isTrained: false)
      let shared = try builder.operand([1, 1, x.shape[3], x.shape[3]])
      let values = network == .sharedFilter ? [x, other] : [other, x]
      let products = try values.map { try $0.convolution2D(with: shared) }
      x = try products[0] + products[1]
    case .residual:
      x = try x + builder.normalized(builder.pointwise(x, 8))
    case .separable:
      x = try builder.normalized(builder.pointwise(builder.depthwise(x), 20))
    case .visible:
      others = [x]
      x = try builder.normalized(builder.depthwise(x))
    case .chain, .unclipped, .frozen, .classifier:
      x = try builder.normalized(builder.depthwise(x), clips: clips)
    }
    x = try builder.normalized(builder.pointwise(x, 12), clips: clips)
    x = try builder.normalized(builder.depthwise(x, stride: 2), clips: clips)
    x = try builder.normalized(builder.pointwise(x, 10), clips: clips)
    if network == .classifier { x = try builder.pointwise(x.tanh(), 10) }
    let weights = try builder.operand([10, 1], isTrained: false)
    let pooled = try x.mean(overAxes: [1, 2])
    return try builder.graph(
      loss: pooled.matrixProduct(with: weights).tanh().sum(), others)
  }

  /// Fast and reference results.
  private func results(
    of graph: Graph, _ options: EngineOptions
  ) throws -> [(fast: [Double], reference: [Double])] {
    let computation = Computation(inputs: graph.inputs, outputs: graph.outputs)
    let programs = try [options, .reference].map { try Program(computation, options: $0) }
    for program in programs { try program.run(graph.tensors) }
    return zip(programs[0].outputs(), programs[1].outputs()).map { ($0.doubles, $1.doubles) }
  }

  @Test(arguments: Network.allCases, [1, 2])
  func resultsAreThoseOfTheParts(_ network: Network, threads: Int) throws {
    try expectTheParts(graph(network), threads)
  }

  /// The gradient of a sum reads no value of the convolution, which is then made once more behind it.
  @Test(arguments: [1, 2])
  func aConvolutionBehindItsOwnGradientsIsThatOfTheParts(threads: Int) throws {
    let builder = Builder()
    let picture = try builder.operand([4, 9, 9, 3], isTrained: false)
    let filter = try builder.operand([3, 3, 3, 8])
    let x = try builder.normalized(
      picture.convolution2D(with: filter, strides: Size2D(2), padding: .same))
    let other = try builder.operand([1, 1, 8, 12])
    let slopes = try gradients(of: x.convolution2D(with: other).sum(), with: [filter, other])
    let again = try x.convolution2D(with: other)
    try expectTheParts(
      Graph(inputs: builder.inputs, outputs: slopes + [again], tensors: builder.tensors), threads)
  }

  private func expectTheParts(_ graph: Graph, _ threads: Int) throws {
    for (fast, reference) in try results(of: graph, EngineOptions(threads: threads)) {
      let scale = reference.reduce(0) { max($0, abs($1)) }
      let error = largestDifference(fast, reference)
      // What stands before a normalization without clip has next to no influence: its gradient cancels to less than 1e-5,
      // and what float32 leaves of the sum differs by up to 3.1e-7.
      let cancels = scale < 1e-5
      #expect(error < (cancels ? 4e-7 : 3e-5 * max(scale, 0.01)))
    }
  }

  @Test(arguments: Network.allCases)
  func bfloat16ProductsStayClose(_ network: Network) throws {
    let options = EngineOptions(threads: 2, precision: .bfloat16)
    let results = try results(of: graph(network), options)
    let sizes = results.map { _, reference in reference.reduce(0) { $0 + $1 * $1 } }
    let differences = results.map { fast, reference in
      fast.count == reference.count
        ? zip(fast, reference).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } : .infinity
    }
    let size = sizes.reduce(0, +)
    #expect((differences.reduce(0, +) / size).squareRoot() < 0.1)
    // Each on its own, but for those that cancel to nearly nothing.
    for (difference, own) in zip(differences, sizes) where own > 1e-4 * size {
      #expect((difference / own).squareRoot() < 0.5)
    }
  }

  private func operations(_ network: Network) throws -> [String] {
    let graph = try graph(network)
    let program = try Program(Computation(inputs: graph.inputs, outputs: graph.outputs))
    return program.profile.operations.map(\.name)
  }

  @Test func aChainStoresEachActivationOnce() throws {
    let names = try operations(.chain)
    #expect(names.count { $0 == "fusedConvolution2D" } == 5)
    #expect(names.count { $0 == "fusedConvolution2DGradient" } == 5)
    // The last normalization is read by the pooling, so its gradient stands alone.
    #expect(names.count { $0.hasPrefix("batchNormalization") } == 1)
    #expect(!names.contains { $0.hasPrefix("convolution2D") })
  }

  @Test func aSmallProductIsFusedAlone() throws {
    let names = try operations(.classifier)
    #expect(names.count { $0 == "fusedConvolution2D" } == 6)
    #expect(!names.contains { $0.hasPrefix("convolution2D") })
  }

  @Test func aValueThatOthersReadIsStored() throws {
    let graph = try graph(.visible)
    let program = try Program(Computation(inputs: graph.inputs, outputs: graph.outputs))
    let names = program.profile.operations.map(\.name)
    #expect(names.contains("fusedConvolution2D"))
    #expect(names.contains { $0.hasPrefix("convolution2D") })
  }

  @Test func sameThreadsGiveTheSameBits() throws {
    let graph = try graph(.chain)
    let computation = Computation(inputs: graph.inputs, outputs: graph.outputs)
    let program = try Program(computation, options: EngineOptions(threads: 2))
    try program.run(graph.tensors)
    let first = program.outputs()
    try program.run(graph.tensors)
    #expect(zip(first, program.outputs()).allSatisfy { $0.doubles == $1.doubles })
  }
}
