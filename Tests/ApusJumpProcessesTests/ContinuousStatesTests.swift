import ApusJumpProcesses
import Foundation
import Testing

@Suite struct ContinuousStatesTests {
  private func moments(_ p: [Double], on grid: LineGrid) -> (mean: Double, variance: Double) {
    let mean = zip(p, grid.centers).reduce(0) { $0 + $1.0 * $1.1 }
    return (mean, zip(p, grid.centers).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) })
  }

  /// `dX = −X dt + √2 dW` from 1: mean `e^{−t}`, variance `1 − e^{−2t}`.
  ///
  /// The start is a cell, not a point, which adds `h²/12 e^{−2t}`.
  @Test func theOrnsteinUhlenbeckProcessHasItsMoments() throws {
    var errors: [Double] = []
    for cells in [81, 243] {
      let grid = try LineGrid(from: -8.1, to: 8.1, cells: cells)
      let generator = try SparseGenerator(on: grid, drift: { -$0 }, diffusion: { _ in 2 })
      let start = grid.point(at: 1)
      let begin = moments(start, on: grid).mean
      let p = try generator.propagate(start, time: 0.7)
      let (mean, variance) = moments(p, on: grid)
      #expect(abs(p.reduce(0, +) - 1) < 1e-9)
      #expect(abs(mean - begin * exp(-0.7)) < 0.01)
      errors.append(abs(variance - (1 - exp(-1.4))))
    }
    // Three times as many cells: an error of second order falls to a ninth.
    #expect(errors[0] < 0.02)
    #expect(errors[1] < errors[0] / 7)
  }

  @Test func theStationaryDensityIsGaussian() throws {
    let grid = try LineGrid(from: -7, to: 7, cells: 280)
    let generator = try SparseGenerator(on: grid, drift: { -$0 }, diffusion: { _ in 2 })
    let (p, _) = try generator.stationary()
    let normal = grid.centers.map { exp(-$0 * $0 / 2) / (2 * Double.pi).squareRoot() * grid.width }
    for (value, exact) in zip(p, normal) { #expect(abs(value - exact) < 1e-4 * grid.width + 1e-7) }
    // No current flows in one dimension.
    #expect(generator.irreversibility(of: p).imbalance < 1e-10)
  }

  /// Jumps at rate `λ`, Gaussian of deviation `s`: after `t` the variance has grown by `λ s² t`.
  @Test func aKernelSpreadsAsItsJumpsDo() throws {
    let (rate, deviation, time) = (2.0, 0.5, 1.5)
    let grid = try LineGrid(from: -8, to: 8, cells: 320)
    let generator = try SparseGenerator(on: grid) { x, y in
      let z = (x - y) / deviation
      return rate * exp(-z * z / 2) / (deviation * (2 * Double.pi).squareRoot())
    }
    let start = grid.point(at: 0.01)
    let p = try generator.propagate(start, time: time)
    let (before, after) = (moments(start, on: grid), moments(p, on: grid))
    #expect(abs(p.reduce(0, +) - 1) < 1e-9)
    #expect(abs(after.mean - before.mean) < 1e-6)
    #expect(abs(after.variance - rate * deviation * deviation * time) < 1e-6)
  }

  /// Paths and the equation of one definition have the same moments, within four standard errors.
  @Test func pathsOfADiffusionFollowItsEquation() throws {
    let process = Diffusion(drift: { 0.5 - $0 }, diffusion: { 0.2 + 0.1 * $0 * $0 })
    let grid = try LineGrid(from: -8, to: 8, cells: 640)
    let p = try process.generator(on: grid).propagate(grid.point(at: 1.01), time: 0.8)
    let (mean, variance) = moments(p, on: grid)
    let paths = try process.paths(
      from: 1.01, at: [0.3, 0.8], step: 0.004, count: 20_000, seed: 3, threads: 2)
    let ends = paths.map { $0[1] }
    let seen = ends.reduce(0, +) / 20_000
    let spread = ends.reduce(0) { $0 + ($1 - seen) * ($1 - seen) } / 19_999
    #expect(abs(seen - mean) < 4 * (variance / 20_000).squareRoot() + 0.002)
    #expect(abs(spread / variance - 1) < 0.06)
    let alone = try process.paths(from: 1.01, at: [0.3, 0.8], step: 0.004, count: 7, seed: 3)
    #expect(alone == Array(paths[..<7]))
    let held = try process.paths(
      from: 0.1, at: [5], step: 0.01, count: 200, between: 0...0.2)
    #expect(held.allSatisfy { 0...0.2 ~= $0[0] } && Set(held.map { $0[0] }).count > 100)
  }

  @Test func pathsThatLeaveTheNumbersAreRefused() {
    let process = Diffusion(drift: { _ in 0 }, diffusion: { 1 - $0 * $0 })
    #expect(throws: JumpProcessError.self) {
      try process.paths(from: 0, at: [100], step: 0.01, count: 10)
    }
    #expect(throws: JumpProcessError.self) {
      try process.paths(from: 0, at: [1], step: 0, count: 10)
    }
    #expect(throws: JumpProcessError.self) {
      try process.paths(from: 3, at: [1], step: 0.1, count: 10, between: 0...1)
    }
  }

  @Test func whatIsNoDiffusionIsRefused() throws {
    let grid = try LineGrid(from: 0, to: 1, cells: 10)
    #expect(throws: JumpProcessError.self) {
      try SparseGenerator(on: grid, drift: { $0 }, diffusion: { _ in -1 })
    }
    #expect(throws: JumpProcessError.self) { try SparseGenerator(on: grid) { _, _ in -1 } }
    #expect(throws: JumpProcessError.self) { try LineGrid(from: 1, to: 0, cells: 10) }
  }
}
