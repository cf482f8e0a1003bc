// Draws what each layer of the dropout family does to a value of ones.
//
//   ExampleDropout FILE.png
import ApusEngine
import ApusFormats
import ApusGraph
import ApusLayers
import ApusPictures
import ApusTensors

enum Figure {
  static let side = 16

  /// What `layer` makes of `input` in a training step, row by row.
  ///
  /// Its weights are ones.
  static func values(of layer: any Layer, at input: Tensor) throws -> [Double] {
    let (registry, store) = (ParameterRegistry(), VariableStore())
    let traced = try trace(
      NamedLayer("layer", layer), input: input.type, for: .training, registry: registry)
    for variable in registry.variables { store[variable] = ones(variable.type.shape) }
    let program = try Program(traced.computation, store: store)
    try program.run([input] + (traced.key == nil ? [] : [Tensor([Int64(4), 0])]))
    return program.output(0).doubles
  }

  static func ones(_ shape: Shape) -> Tensor {
    Tensor([Float](repeating: 1, count: shape.count), shape: shape)
  }

  /// A square of `side × side` numbers as grey: 0 black, 1 grey, 2 and more white.
  static func tile(_ name: String, _ axes: String, _ numbers: [Double]) -> ImageGrid.Tile {
    let grey = numbers.map { UInt8(max(0, min(255, $0 * 127.5))) }
    return ImageGrid.Tile(
      Tensor(grey, shape: [side, side]), caption: [.init(name), .init(axes)])
  }
}

let side = Figure.side
let examples = Figure.ones([side, side])
let sequence = Figure.ones([1, side, side])
// With the identity as input a Dense gives its weights, one row after the other.
let identity = Tensor(
  (0..<side * side).map { $0 % (side + 1) == 0 ? Float(1) : 0 }, shape: [side, side])

let grid = ImageGrid(
  "Ones after dropout at rate 0.5: black is 0, grey 1, white 2",
  tiles: [
    Figure.tile(
      "Dropout", "examples × features", try Figure.values(of: Dropout(0.5), at: examples)),
    Figure.tile(
      "GaussianDropout", "examples × features",
      try Figure.values(of: GaussianDropout(0.5), at: examples)),
    Figure.tile(
      "AlphaDropout", "examples × features", try Figure.values(of: AlphaDropout(0.5), at: examples)),
    Figure.tile(
      "SpatialDropout1D", "steps × channels",
      try Figure.values(of: SpatialDropout1D(0.5), at: sequence)),
    Figure.tile(
      "Dropout, noise [nil, nil, 1]", "steps × channels",
      try Figure.values(of: Dropout(0.5, noise: [nil, nil, 1]), at: sequence)),
    Figure.tile(
      "StochasticDepth", "examples × features",
      try Figure.values(of: StochasticDepth(0.5), at: examples)),
    Figure.tile(
      "DropConnect", "weights of a Dense",
      try Figure.values(of: DropConnect(0.5, Dense(side, usesBias: false)), at: identity)),
    Figure.tile(
      "MonteCarloDropout", "examples × features",
      try Figure.values(of: MonteCarloDropout(0.5), at: examples)),
  ], columns: 4, side: 150)
let file = CommandLine.arguments.dropFirst().first ?? "dropout.png"
try AtomicFile.write(try grid.png(), to: file)
print("wrote \(file)")
