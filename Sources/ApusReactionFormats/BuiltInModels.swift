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
        feed = 1
        cubic = 1
        turn = 3
        drain = 1
        -> X @ feed * volume
        2 X + Y -> 3 X @ 2 * cubic / volume ^ 2
        X -> Y @ turn
        X -> @ drain
        """),
    Model(
      name: "dimerization", summary: "two monomers bind and part again",
      text: """
        P = 100
        P2 = 0
        bind = 0.001
        part = 0.01
        2 P -> P2 @ bind
        P2 -> 2 P @ part
        """),
    Model(
      name: "ehrenfest", summary: "balls that hop between two urns; binomial at every time",
      text: """
        left = 100
        right = 0
        hop = 1
        left -> right @ hop
        right -> left @ hop
        """),
    Model(
      name: "gene-expression", summary: "a gene that switches, messengers and proteins",
      text: """
        off = 1
        on = 0
        mRNA = 0
        protein = 0
        open = 0.2
        close = 0.4
        transcribe = 4
        decay = 1
        translate = 2
        degrade = 0.2
        off -> on @ open
        on -> off @ close
        on -> on + mRNA @ transcribe
        mRNA -> @ decay
        mRNA -> mRNA + protein @ translate
        protein -> @ degrade
        """),
    Model(
      name: "lotka-volterra", summary: "predators and prey (Gillespie 1977)",
      text: """
        prey = 1000
        predator = 1000
        breed = 10
        hunt = 0.01
        die = 10
        prey -> 2 prey @ breed
        prey + predator -> 2 predator @ hunt
        predator -> @ die
        """),
    Model(
      name: "michaelis-menten", summary: "an enzyme, its substrate and product",
      text: """
        S = 301
        E = 120
        SE = 0
        P = 0
        bind = 0.00166
        part = 0.0001
        turn = 0.1
        S + E -> SE @ bind
        SE -> S + E @ part
        SE -> P + E @ turn
        """),
    Model(
      name: "random-walk", summary: "a walk on the whole numbers, as two counts of steps",
      text: """
        up = 0
        down = 0
        rise = 1
        fall = 1
        -> up @ rise
        -> down @ fall
        """),
    Model(
      name: "schloegl", summary: "two stable states (Schlögl 1972)",
      text: """
        X = 250
        A = 100000
        B = 200000
        c1 = 3e-7
        c2 = 1e-4
        c3 = 1e-3
        c4 = 3.5
        2 X -> 3 X @ c1 * A
        3 X -> 2 X @ c2
        -> X @ c3 * B
        X -> @ c4
        """),
    Model(
      name: "sir", summary: "an epidemic: susceptible, infected, recovered",
      text: """
        S = 990
        I = 10
        R = 0
        infect = 0.0005
        recover = 0.1
        S + I -> 2 I @ infect
        I -> R @ recover
        """),
    Model(
      name: "telegraph", summary: "a gene that is on or off makes messengers",
      text: """
        off = 1
        on = 0
        mRNA = 0
        open = 0.5
        close = 1
        transcribe = 20
        decay = 1
        off -> on @ open
        on -> off @ close
        on -> on + mRNA @ transcribe
        mRNA -> @ decay
        """),
    Model(
      name: "toggle-switch", summary: "two genes that repress each other (Gardner et al. 2000)",
      text: """
        U = 0
        V = 0
        a = 50
        K = 10
        n = 2.5
        d = 1
        -> U @@ a / (1 + (V / K) ^ n)
        -> V @@ a / (1 + (U / K) ^ n)
        U -> @ d
        V -> @ d
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
        alphaA = 50
        alphaAp = 500
        alphaR = 0.01
        alphaRp = 50
        betaA = 50
        betaR = 5
        deltaMA = 10
        deltaMR = 0.5
        deltaA = 1
        deltaR = 0.2
        gammaA = 1
        gammaR = 1
        gammaC = 2
        thetaA = 50
        thetaR = 100
        Da -> Da + Ma @ alphaA
        Dap -> Dap + Ma @ alphaAp
        Ma -> Ma + A @ betaA
        Ma -> @ deltaMA
        Da + A -> Dap @ gammaA
        Dap -> Da + A @ thetaA
        Dr -> Dr + Mr @ alphaR
        Drp -> Drp + Mr @ alphaRp
        Mr -> Mr + R @ betaR
        Mr -> @ deltaMR
        Dr + A -> Drp @ gammaR
        Drp -> Dr + A @ thetaR
        A + R -> C @ gammaC
        C -> R @ deltaA
        A -> @ deltaA
        R -> @ deltaR
        """),
    Model(
      name: "yule", summary: "pure birth; geometric from one individual",
      text: """
        N = 1
        birth = 0.3
        N -> 2 N @ birth
        """),
  ]
}
