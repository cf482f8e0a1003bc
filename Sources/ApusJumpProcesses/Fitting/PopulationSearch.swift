import ApusNumerics
import Glibc

/// The populations of ``SimulationEstimator``, one narrower than the other; points are logarithms.
struct PopulationSearch {
  private struct Particle {
    var point: [Double]
    var weight: Double
    var distance: Double
  }

  private let settings: SimulationEstimator
  private let summary: SimulatedSummary
  private let middle: [Double]
  private var particles: [Particle] = []
  private var share = 1.0
  private(set) var populations = 0
  private(set) var simulations = 0

  init(_ settings: SimulationEstimator, _ summary: SimulatedSummary) {
    self.settings = settings
    self.summary = summary
    middle = settings.estimator.start.map(log)
  }

  /// The distance that all particles are within.
  var distance: Double { particles.map(\.distance).max() ?? .infinity }

  /// Whether another population costs less than it gives: one in fifty was kept last.
  var isWorthwhile: Bool {
    share > 0.02 && simulations + settings.particles < settings.simulationLimit && distance > 0
  }

  var mean: [Double] {
    middle.indices.map { place in particles.reduce(0) { $0 + $1.weight * $1.point[place] } }
  }

  func quantile(_ share: Double, of place: Int) -> Double {
    var left = share
    let sorted = particles.sorted { $0.point[place] < $1.point[place] }
    for particle in sorted {
      left -= particle.weight
      if left <= 0 { return particle.point[place] }
    }
    return sorted.last?.point[place] ?? 0
  }

  /// The nearest quarter of what the prior gives.
  mutating func begin() throws(FitError) {
    let width = log(settings.range)
    let candidates = (0..<4 * settings.particles).map { number in
      var stream = stream(of: number)
      return middle.map { stream.uniform(from: $0 - width, to: $0 + width) }
    }
    let distances = distances(of: candidates, from: 0)
    simulations = candidates.count
    populations = 1
    let nearest = distances.indices.filter { distances[$0] < .infinity }
      .sorted { (distances[$0], $0) < (distances[$1], $1) }.prefix(settings.particles)
    guard nearest.count >= settings.particles / 2 else {
      throw .setting(
        "of \(candidates.count) simulations within a factor of \(settings.range) of the model's "
          + "values \(nearest.count) came to the end; begin with other values or a smaller --range")
    }
    particles = nearest.map {
      .init(point: candidates[$0], weight: 1 / Double(nearest.count), distance: distances[$0])
    }
  }

  /// A population within the median distance of this one; false where the simulations are used up.
  mutating func narrow() -> Bool {
    let limit = particles.map(\.distance).sorted()[particles.count / 2]
    let factor = stepFactor
    var kept: [Particle] = []
    var tried = 0
    while kept.count < settings.particles {
      guard simulations < settings.simulationLimit else { return false }
      let batch = (simulations..<simulations + settings.particles).map { moved(factor, number: $0) }
      let distances = distances(of: batch, from: simulations)
      simulations += batch.count
      tried += batch.count
      for (point, distance) in zip(batch, distances)
      where distance <= limit && kept.count < settings.particles {
        kept.append(.init(point: point, weight: 0, distance: distance))
      }
    }
    share = Double(settings.particles) / Double(tried)
    particles = weighted(kept, factor)
    populations += 1
    return true
  }

  private func stream(of number: Int) -> PhiloxStream {
    PhiloxStream(seed: settings.seed, purpose: StreamPurpose.particle, index: UInt64(number))
  }

  private func distances(of points: [[Double]], from number: Int) -> [Double] {
    parallelMap(threads: settings.estimator.threads, items: points.count) { item in
      let point = points[item]
      guard isWithinPrior(point) else { return .infinity }
      return summary.distance(
        at: point.map(exp), seed: settings.seed &+ UInt64(number + item) &* 0xD134_2543_DE82_EF95,
        eventLimit: settings.eventLimit)
    }
  }

  private func isWithinPrior(_ point: [Double]) -> Bool {
    zip(point, middle).allSatisfy { abs($0 - $1) <= log(settings.range) }
  }

  /// A particle drawn by weight, moved by a normal step.
  private func moved(_ factor: DenseMatrix, number: Int) -> [Double] {
    var stream = stream(of: number)
    var left = stream.uniform()
    var chosen = particles[particles.count - 1]
    for particle in particles {
      left -= particle.weight
      if left < 0 {
        chosen = particle
        break
      }
    }
    let step = middle.map { _ in stream.normal(mean: 0, standardDeviation: 1) }
    return middle.indices.map { row in
      (0...row).reduce(chosen.point[row]) { $0 + factor[row, $1] * step[$1] }
    }
  }

  /// `L` with `L·Lᵀ` twice the covariance; the diagonal's alone where the particles lie in a plane.
  private var stepFactor: DenseMatrix {
    let covariance = covariance
    if let factor = covariance.choleskyFactor { return factor }
    var diagonal = DenseMatrix(rows: covariance.size, columns: covariance.size)
    for row in middle.indices { diagonal[row, row] = covariance[row, row].squareRoot() }
    return diagonal
  }

  /// Twice the covariance of the particles.
  private var covariance: DenseMatrix {
    let mean = mean
    var result = DenseMatrix(rows: middle.count, columns: middle.count)
    for particle in particles {
      for row in middle.indices {
        for column in middle.indices {
          result[row, column] +=
            2 * particle.weight * (particle.point[row] - mean[row])
            * (particle.point[column] - mean[column])
        }
      }
    }
    for row in middle.indices { result[row, row] += 1e-12 }
    return result
  }

  /// The weights of importance sampling: the prior, which is flat, over the density of the moves.
  private func weighted(_ kept: [Particle], _ factor: DenseMatrix) -> [Particle] {
    var result = kept
    for place in result.indices {
      let density = particles.reduce(0) { sum, particle in
        let step = factor.solvedLower(zip(result[place].point, particle.point).map { $0 - $1 })
        return sum + particle.weight * exp(-step.reduce(0) { $0 + $1 * $1 } / 2)
      }
      result[place].weight = density > 0 ? 1 / density : 0
    }
    let total = result.reduce(0) { $0 + $1.weight }
    for place in result.indices { result[place].weight /= total }
    return result
  }
}
