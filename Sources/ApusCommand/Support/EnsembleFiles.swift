import ApusFormats
import ApusJumpProcesses
import ApusPictures
import ApusTensors

/// What a simulation leaves in files.
struct EnsembleFiles {
  private let ensemble: Ensemble
  private let quantiles: [Double]

  init(_ ensemble: Ensemble, quantiles: [Double]) {
    self.ensemble = ensemble
    self.quantiles = quantiles
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
    for (place, quantile) in quantiles.enumerated() {
      for (index, name) in ensemble.names.enumerated() {
        columns.append((name + "-q\(quantile)", ensemble.quantiles[place].map { $0[index] }))
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
    guard !ensemble.kept.isEmpty else { return arrays }
    for (index, name) in ensemble.names.enumerated() {
      let values = ensemble.kept.flatMap { $0.map { $0[index] } }
      arrays.append(
        (name + "-paths", Tensor(values, shape: [ensemble.kept.count, ensemble.times.count])))
    }
    return arrays
  }

  /// Draws means, a standard deviation each way, and the paths that were kept.
  func draw(title: String, to path: String) throws {
    let shown = ensemble.names.indices.prefix(6)
    let series = shown.map { index in
      var series = LineChart.Series(
        ensemble.names[index],
        ensemble.times.indices.map { (ensemble.times[$0], ensemble.means[$0][index]) })
      if ensemble.paths > 1 {
        series.band = ensemble.times.indices.map { row in
          let (mean, sd) = (ensemble.means[row][index], ensemble.deviations[row][index])
          return (ensemble.times[row], mean - sd, mean + sd)
        }
        series.companions = ensemble.kept.prefix(8).map { path in
          ensemble.times.indices.map { (ensemble.times[$0], path[$0][index]) }
        }
      }
      return series
    }
    let chart = LineChart(
      ensemble.names.count > shown.count ? "\(title), first \(shown.count) quantities" : title,
      xLabel: "time", yLabel: "amount", series: series)
    try AtomicFile.write(chart.png(), to: path)
  }
}
