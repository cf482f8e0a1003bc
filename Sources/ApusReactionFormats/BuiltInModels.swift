import ApusJumpProcesses

/// Models that come with the program, written in the text format.
public enum BuiltInModels {
  /// A model: its name, what it is, and its text.
  public struct Model: Sendable {
    public let name: String
    public let summary: String
    public let text: String

    /// The network of the text.
    public func network() throws(NetworkFault) -> ReactionNetwork {
      try NetworkText.read(text, file: name, name: name)
    }
  }

  /// The model of a name; capitals, underlines and umlauts may be there or not.
  public static func model(_ name: String) -> Model? {
    let plain = plain(name)
    return all.first { self.plain($0.name) == plain }
  }

  /// `Schlögl`, `schloegl` and `schlogl` are one name.
  private static func plain(_ name: String) -> String {
    name.lowercased().replacing("_", with: "-").replacing("ö", with: "o").replacing("oe", with: "o")
  }

  /// Every model, in alphabetical order.
  public static let all: [Model] = [
    Model(
      name: "birth-death", summary: "immigration and death; Poisson with mean (k/d)(1 − exp(−dt))",
      text: """
        X = 0
        k = 10
        d = 1
        -> X @ k
        X -> @ d
        """),
    Model(
      name: "brusselator", summary: "an oscillator with a cubic step (Prigogine, Lefever 1968)",
      text: """
        X = 200
        Y = 200
        volume = 100
        -> X @ 1 * volume
        2 X + Y -> 3 X @ 2 / volume ^ 2
        X -> Y @ 3
        X -> @ 1
        """),
    Model(
      name: "dimerization", summary: "two monomers bind and part again",
      text: """
        P = 100
        P2 = 0
        2 P -> P2 @ 0.001
        P2 -> 2 P @ 0.01
        """),
    Model(
      name: "ehrenfest", summary: "balls that hop between two urns; binomial at every time",
      text: """
        left = 100
        right = 0
        left -> right @ 1
        right -> left @ 1
        """),
    Model(
      name: "gene-expression", summary: "a gene that switches, messengers and proteins",
      text: """
        off = 1
        on = 0
        mRNA = 0
        protein = 0
        off -> on @ 0.2
        on -> off @ 0.4
        on -> on + mRNA @ 4
        mRNA -> @ 1
        mRNA -> mRNA + protein @ 2
        protein -> @ 0.2
        """),
    Model(
      name: "lotka-volterra", summary: "predators and prey (Gillespie 1977)",
      text: """
        prey = 1000
        predator = 1000
        prey -> 2 prey @ 10
        prey + predator -> 2 predator @ 0.01
        predator -> @ 10
        """),
    Model(
      name: "michaelis-menten", summary: "an enzyme, its substrate and product",
      text: """
        S = 301
        E = 120
        SE = 0
        P = 0
        S + E -> SE @ 0.00166
        SE -> S + E @ 0.0001
        SE -> P + E @ 0.1
        """),
    Model(
      name: "random-walk", summary: "a walk on the whole numbers, as two counts of steps",
      text: """
        up = 0
        down = 0
        -> up @ 1
        -> down @ 1
        """),
    Model(
      name: "schloegl", summary: "two stable states (Schlögl 1972)",
      text: """
        X = 250
        A = 100000
        B = 200000
        2 X -> 3 X @ 3e-7 * A
        3 X -> 2 X @ 1e-4
        -> X @ 1e-3 * B
        X -> @ 3.5
        """),
    Model(
      name: "sir", summary: "an epidemic: susceptible, infected, recovered",
      text: """
        S = 990
        I = 10
        R = 0
        S + I -> 2 I @ 0.0005
        I -> R @ 0.1
        """),
    Model(
      name: "telegraph", summary: "a gene that is on or off makes messengers",
      text: """
        off = 1
        on = 0
        mRNA = 0
        off -> on @ 0.5
        on -> off @ 1
        on -> on + mRNA @ 20
        mRNA -> @ 1
        """),
    Model(
      name: "toggle-switch", summary: "two genes that repress each other (Gardner et al. 2000)",
      text: """
        U = 0
        V = 0
        a = 50
        K = 10
        n = 2.5
        -> U @@ a / (1 + (V / K) ^ n)
        -> V @@ a / (1 + (U / K) ^ n)
        U -> @ 1
        V -> @ 1
        """),
    Model(
      name: "vilar", summary: "a genetic oscillator (Vilar et al., PNAS 2002)",
      text: """
        Da = 1
        Dap = 0
        Ma = 0
        A = 0
        Dr = 1
        Drp = 0
        Mr = 0
        R = 0
        C = 0
        Da -> Da + Ma @ 50
        Dap -> Dap + Ma @ 500
        Ma -> Ma + A @ 50
        Ma -> @ 10
        Da + A -> Dap @ 1
        Dap -> Da + A @ 50
        Dr -> Dr + Mr @ 0.01
        Drp -> Drp + Mr @ 50
        Mr -> Mr + R @ 5
        Mr -> @ 0.5
        Dr + A -> Drp @ 1
        Drp -> Dr + A @ 100
        A + R -> C @ 2
        C -> R @ 1
        A -> @ 1
        R -> @ 0.2
        """),
    Model(
      name: "yule", summary: "pure birth; geometric from one individual",
      text: """
        N = 1
        N -> 2 N @ 0.3
        """),
  ]
}
