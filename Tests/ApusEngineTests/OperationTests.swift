import ApusCases
import ApusEngine
import ApusGraph
import ApusTensors
import ApusTestSupport
import Foundation
import Testing

/// One case, four checks: shapes, reference against golden, fast against reference, derivatives.
struct OperationTests {
  static let golden = Result { try GoldenFile.tensors("operations.safetensors") }

  @Test func goldenFileHasEveryCaseAndNoOther() throws {
    let names = try Self.golden.get().keys.map { $0.prefix { $0 != ":" } }
    let cases = OperationCase.all.map(\.name)
    #expect(Set(cases).count == cases.count)
    #expect(Set(names.map(String.init)) == Set(cases))
  }

  @Test func everyOperationHasACase() throws {
    var found: Set<String> = []
    for example in OperationCase.all {
      let graph = try CaseGraph(example, realType: .float32)
      let results = try graph.outputs + graph.gradients()
      found.formUnion(reachable(from: results).map { $0.operation.name })
    }
    let folder = GoldenFile.path("../../Sources/ApusGraph/Operations")
    let files = try #require(FileManager.default.enumerator(atPath: folder))
    var declared: Set<String> = []
    for case let file as String in files where file.hasSuffix(".swift") {
      let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
      declared.formUnion(
        text.matches(of: /static let name = "(\w+)"/).map { String($0.output.1) })
    }
    #expect(declared.count > 50)
    #expect(declared.subtracting(found) == [])
  }

  @Test(arguments: OperationCase.all)
  func referenceMatchesGolden(_ example: OperationCase) throws {
    let golden = try Self.golden.get()
    let graph = try CaseGraph(example, realType: .float64)
    let outputs = try graph.run(graph.outputs, options: .reference)
    for (index, output) in outputs.enumerated() {
      let expected = try #require(golden["\(example):output\(index)"])
      #expect(graph.outputs[index].shape == expected.shape)
      let error = relativeError(of: output.doubles, to: expected.doubles)
      #expect(error < 1e-12, "output \(index): relative error \(error)")
    }
    #expect(golden["\(example):output\(outputs.count)"] == nil)
  }

  @Test(arguments: OperationCase.all)
  func referenceGradientMatchesGolden(_ example: OperationCase) throws {
    let golden = try Self.golden.get()
    let graph = try CaseGraph(example, realType: .float64)
    let gradients = try graph.run(graph.gradients(), options: .reference)
    for (index, gradient) in zip(graph.realInputs, gradients) {
      guard let expected = golden["\(example):gradient\(index)"] else {
        #expect(gradient.doubles.allSatisfy { $0 == 0 }, "PyTorch has no derivative")
        continue
      }
      let error = relativeError(of: gradient.doubles, to: expected.doubles)
      #expect(error < 1e-11, "derivative of operand \(index): relative error \(error)")
    }
  }

  @Test(arguments: OperationCase.all, [1, 2])
  func fastMatchesReference(_ example: OperationCase, threads: Int) throws {
    let exact = try CaseGraph(example, realType: .float64)
    let fast = try CaseGraph(example, realType: .float32)
    let expected = try exact.run(exact.outputs + exact.gradients(), options: .reference)
    let actual = try fast.run(
      fast.outputs + fast.gradients(), options: EngineOptions(threads: threads))
    for (index, (value, wanted)) in zip(actual, expected).enumerated() {
      let isOutput = index < exact.outputs.count
      let error = relativeError(of: value.doubles, to: wanted.doubles)
      #expect(
        error < (isOutput ? example.fastTolerance : example.fastGradientTolerance),
        "\(isOutput ? "output" : "derivative") \(index): relative error \(error)")
    }
  }

  @Test(arguments: OperationCase.all.filter { $0.derivativeOrder > 0 })
  func derivativesMatchDifferences(_ example: OperationCase) throws {
    let graph = try CaseGraph(example, realType: .float64)
    let total = try #require(graph.total)
    var check = DerivativeCheck(inputs: graph.inputs, at: graph.numbers, seed: 7)
    let errors = try check.errors(of: total, upTo: example.derivativeOrder)
    for (order, error) in errors.enumerated() {
      #expect(error < example.differenceTolerance, "order \(order + 1): relative error \(error)")
    }
  }

  @Test(arguments: OperationCase.all)
  func decompositionGivesTheSame(_ example: OperationCase) throws {
    let graph = try CaseGraph(example, realType: .float64)
    for application in reachable(from: graph.outputs + (try graph.gradients())) {
      let decomposed = try application.operation.decomposition(of: application.inputs)
      guard let decomposed else { continue }
      #expect(decomposed.map(\.type) == application.types, "\(application.operation.name)")
      let values = try graph.run(application.outputs + decomposed, options: .reference)
      for index in decomposed.indices {
        let error = relativeError(
          of: values[decomposed.count + index].doubles, to: values[index].doubles)
        #expect(error < 1e-12, "\(application.operation.name): relative error \(error)")
      }
    }
  }
}
