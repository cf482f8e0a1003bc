import ApusFormats
import ApusJumpProcesses
import ApusPictures
import ApusTensors

/// What a simulation leaves in files.
struct EnsembleFiles {
  /// Paths that a picture shows where none are named.
  static let drawnPaths = 8
  private static let drawnQuantities = 6

  private let ensemble: Ensemble
  private let simulation: Simulation
  private let writesPaths: Bool

  /// - Parameter writesPaths: whether files have the selected paths, or the picture alone.
  init(_ ensemble: Ensemble, of simulation: Simulation, writesPaths: Bool) {
    self.ensemble = ensemble
    self.simulation = simulation
    self.writesPaths = writesPaths
  }

  private var selected: [(number: Int, rows: [[Double]])] {
    ensemble.selected.sorted { $0.key < $1.key }.map { (number: $0.key, rows: $0.value) }
  }

  func write(to path: String) throws {
    if path.hasSuffix(".npz") { return try NPZ.write(arrays, to: path, compressing: true) }
    try AtomicFile.write(csv, to: path)
  }

  /// The columns of the file, each named.
  private var columns: [(name: String, values: [Double])] {
    var columns = [(name: "time", values: ensemble.times)]
    for (index, name) in ensemble.names.enumerated() {
      columns.append((name + "-mean", ensemble.means.map { $0[index] }))
      columns.append((name + "-sd", ensemble.deviations.map { $0[index] }))
    }
    for (place, quantile) in simulation.quantiles.enumerated() {
      for (index, name) in ensemble.names.enumerated() {
        columns.append((name + "-q\(quantile)", ensemble.quantiles[place].map { $0[index] }))
      }
    }
    guard writesPaths else { return columns }
    for (number, rows) in selected {
      for (index, name) in ensemble.names.enumerated() {
        columns.append((name + "-path\(number)", rows.map { $0[index] }))
      }
    }
    return columns
  }

  private var csv: String {
    let columns = columns
    var text = columns.map(\.name).joined(separator: ",") + "\n"
    for row in ensemble.times.indices {
      text += columns.map { "\($0.values[row])" }.joined(separator: ",") + "\n"
    }
    return text
  }

  private var arrays: [(name: String, tensor: Tensor)] {
    var arrays = columns.map { (name: $0.name, tensor: Tensor($0.values)) }
    for (name, values) in zip(simulation.histograms, ensemble.lastValues) {
      let histogram = Histogram(values)
      arrays.append((name + "-histogram-starts", Tensor(histogram.starts)))
      arrays.append((name + "-histogram-counts", Tensor(histogram.counts.map { Double($0) })))
    }
    return arrays
  }

  /// Draws means, a standard deviation each way, and paths.
  func draw(to path: String) throws {
    let series = largest.map { index in
      var series = LineChart.Series(
        ensemble.names[index],
        ensemble.times.indices.map { (ensemble.times[$0], ensemble.means[$0][index]) })
      if ensemble.paths > 1 {
        series.band = band(of: index)
        series.companions = selected.map { path in
          ensemble.times.indices.map { (ensemble.times[$0], path.rows[$0][index]) }
        }
      }
      return series
    }
    let title = simulation.network.name
    let chart = LineChart(
      ensemble.names.count > Self.drawnQuantities
        ? "\(title), the largest of \(ensemble.names.count) quantities" : title,
      xLabel: "time", yLabel: "amount", series: series)
    try AtomicFile.write(chart.png(), to: path)
  }

  /// The quantities with the largest means at any time, in the order of the model.
  private var largest: [Int] {
    func height(_ index: Int) -> Double { ensemble.means.map { abs($0[index]) }.max() ?? 0 }
    let heights = ensemble.names.indices.map(height)
    return ensemble.names.indices.sorted { heights[$0] > heights[$1] }
      .prefix(Self.drawnQuantities).sorted()
  }

  /// A standard deviation each way; amounts of species are never below 0.
  private func band(of index: Int) -> [(x: Double, low: Double, high: Double)] {
    let name = ensemble.names[index]
    let isAmount = simulation.network.quantities.contains {
      $0.name == name && $0.kind == .species
    }
    return ensemble.times.indices.map { row in
      let (mean, sd) = (ensemble.means[row][index], ensemble.deviations[row][index])
      return (ensemble.times[row], isAmount ? max(0, mean - sd) : mean - sd, mean + sd)
    }
  }
}
