import ApusApplications
import ApusJumpProcesses
import ApusTerminal

/// How `apus fit` shows what it found.
enum FitResults {
  static func table(of estimates: [Estimate], _ what: String, _ confidence: Double) -> String {
    let share = (confidence * 100).significant(4)
    var table = TextTable([
      .init(what), .init("Estimate", .right), .init("\(share) % from", .right), .init("to", .right),
    ])
    for estimate in estimates {
      table.add([
        estimate.name, estimate.value.significant(5),
        estimate.lower.map { $0.significant(5) } ?? "–",
        estimate.upper.map { $0.significant(5) } ?? "–",
      ])
    }
    return table.rendered(for: .output)
  }

  static func sentences(about fit: GoodnessOfFit?, _ logLikelihood: Double) -> String {
    var text = "Log-likelihood \(logLikelihood.fixed(4))"
    if let fit { text += "\n" + sentence(about: fit) }
    return text
  }

  static func sentence(about fit: GoodnessOfFit) -> String {
    "That \(fit.test): statistic \(fit.statistic.significant(4)) of \(fit.count), "
      + "p = \(fit.probability.significant(3))"
  }

  static func sentence(about embeddability: GeneratorFit.Embeddability) -> String {
    switch embeddability {
    case .yes: "The shares of the transitions are those of a generator."
    case .no(let reason): "The shares of the transitions are those of no generator: \(reason)."
    case .undecided(let reason):
      "Whether a generator has the shares of the transitions is open: \(reason)."
    }
  }

  static func json(
    of estimates: [Estimate], named name: String, _ logLikelihood: Double?, _ fit: GoodnessOfFit?,
    _ others: [String: JSON]
  ) -> JSON {
    var members = others
    members[name] = .array(
      estimates.map { estimate in
        [
          "name": .string(estimate.name), "value": .number(estimate.value),
          "lower": estimate.lower.map { .number($0) } ?? .null,
          "upper": estimate.upper.map { .number($0) } ?? .null,
        ]
      })
    members["logLikelihood"] = logLikelihood.map { .number($0) } ?? .null
    members["goodnessOfFit"] =
      fit.map { fit -> JSON in
        [
          "test": .string(fit.test), "statistic": .number(fit.statistic),
          "count": .integer(fit.count), "probability": .number(fit.probability),
        ]
      } ?? .null
    return .object(members)
  }

  static func json(of embeddability: GeneratorFit.Embeddability?) -> JSON {
    switch embeddability {
    case nil: .null
    case .yes: ["answer": "yes"]
    case .no(let reason): ["answer": "no", "reason": .string(reason)]
    case .undecided(let reason): ["answer": "undecided", "reason": .string(reason)]
    }
  }
}
