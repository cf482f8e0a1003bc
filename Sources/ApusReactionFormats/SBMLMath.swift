import ApusJumpProcesses
import CSBML

/// Turns the formulas of a model in SBML into expressions.
struct SBMLMath {
  private static let depthLimit = 256
  private static let sizeLimit = 100_000
  private static let totalLimit = 10_000_000

  /// What an argument of a function stands for, and of how many parts and levels that is.
  private struct Argument {
    let value: ModelExpression
    let size: Int
    let levels: Int
  }

  /// The parts of a formula so far, and its lowest level, functions put in.
  private struct Extent {
    var size = 0
    var lowest = 0

    mutating func add(_ parts: Int, level: Int) throws(Refusal) {
      size += parts
      lowest = max(lowest, level)
      guard lowest < SBMLMath.depthLimit, size < SBMLMath.sizeLimit else {
        throw Refusal(
          message: "expected a formula of at most \(SBMLMath.depthLimit) levels and "
            + "\(SBMLMath.sizeLimit) parts, functions put in")
      }
    }
  }

  /// What a name stands for.
  var names: [String: ModelExpression]
  private var functions: [String: (arguments: [String], body: OpaquePointer)] = [:]

  init(names: [String: ModelExpression]) { self.names = names }

  /// Why a formula was not taken; the reader adds where it stands.
  struct Refusal: Error { var message: String }

  /// Parts of all formulas so far.
  private let total = Total()

  private final class Total {
    var parts = 0
  }

  /// - Returns: false where there is such a function.
  mutating func define(_ name: String, arguments: [String], body: OpaquePointer) -> Bool {
    functions.updateValue((arguments, body), forKey: name) == nil
  }

  /// The expression of a formula; `scope` are names of this formula alone.
  func expression(
    _ node: OpaquePointer?, scope: [String: ModelExpression] = [:]
  ) throws(Refusal) -> ModelExpression {
    var extent = Extent()
    let scope = scope.mapValues { Argument(value: $0, size: 1, levels: 0) }
    let result = try expression(node, scope, depth: 0, &extent)
    total.parts += extent.size
    guard total.parts <= Self.totalLimit else {
      throw Refusal(
        message: "brings all formulas to more than \(Self.totalLimit) parts, functions put in")
    }
    return result
  }

  private func expression(
    _ node: OpaquePointer?, _ scope: [String: Argument], depth: Int, _ extent: inout Extent
  ) throws(Refusal) -> ModelExpression {
    guard let node else { throw Refusal(message: "expected a formula, got nothing") }
    try extent.add(1, level: depth)
    let type = ASTNode_getType(node)
    switch type {
    case AST_INTEGER, AST_REAL, AST_REAL_E, AST_RATIONAL:
      return .number(ASTNode_getValue(node))
    case AST_CONSTANT_E: return .number(2.718281828459045)
    case AST_CONSTANT_PI: return .number(.pi)
    case AST_CONSTANT_TRUE: return 1
    case AST_CONSTANT_FALSE: return 0
    case AST_NAME_AVOGADRO: return 6.02214179e23
    case AST_NAME_TIME: return .time
    case AST_NAME:
      let name = Self.name(of: node)
      if let argument = scope[name] {
        // It stands here as a whole, however often it does elsewhere.
        try extent.add(argument.size - 1, level: depth + argument.levels)
        return argument.value
      }
      guard let value = names[name] else {
        throw Refusal(
          message: "reads \(name), which is no species, parameter or compartment: the rates and "
            + "stoichiometries of reactions in formulas are not supported")
      }
      return value
    default: break
    }
    var arguments: [Argument] = []
    for index in 0..<ASTNode_getNumChildren(node) {
      var own = Extent(size: extent.size, lowest: depth + 1)
      let value = try expression(ASTNode_getChild(node, index), scope, depth: depth + 1, &own)
      arguments.append(
        Argument(value: value, size: own.size - extent.size, levels: own.lowest - depth - 1))
      try extent.add(own.size - extent.size, level: own.lowest)
    }
    if type == AST_FUNCTION {
      return try call(node, arguments, depth: depth, &extent)
    }
    if Self.relations.contains(type) {
      // In `a < b < c` what is in the middle stands twice.
      let again = arguments.dropFirst().dropLast().reduce(0) { $0 + $1.size }
      try extent.add(again, level: depth)
    }
    return try Self.apply(type, arguments.map(\.value), Self.name(of: node))
  }

  private func call(
    _ node: OpaquePointer, _ arguments: [Argument], depth: Int, _ extent: inout Extent
  ) throws(Refusal) -> ModelExpression {
    let name = Self.name(of: node)
    guard let function = functions[name] else {
      throw Refusal(message: "calls \(name), which the model does not define")
    }
    guard function.arguments.count == arguments.count else {
      throw Refusal(
        message: "calls \(name) with \(arguments.count) arguments, it takes "
          + "\(function.arguments.count)")
    }
    let scope = Dictionary(zip(function.arguments, arguments)) { first, _ in first }
    // A function that calls itself ends at the limit of levels.
    return try expression(function.body, scope, depth: depth + 1, &extent)
  }

  private static func name(of node: OpaquePointer) -> String {
    ASTNode_getName(node).map { String(cString: $0) } ?? ""
  }

  private static func apply(
    _ type: ASTNodeType_t, _ arguments: [ModelExpression], _ name: String
  ) throws(Refusal) -> ModelExpression {
    let function: ModelExpression.Function
    switch type {
    case AST_MINUS where arguments.count == 1: function = .negate
    case AST_FUNCTION_ROOT where arguments.count == 2:
      return .apply(.power, [arguments[1], 1 / arguments[0]])
    case AST_FUNCTION_ROOT: function = .sqrt
    case AST_FUNCTION_LOG where arguments.count == 2:
      return .apply(.ln, [arguments[1]]) / .apply(.ln, [arguments[0]])
    case AST_LOGICAL_IMPLIES where arguments.count == 2:
      return .apply(.or, [.apply(.not, [arguments[0]]), arguments[1]])
    case AST_FUNCTION_SEC where arguments.count == 1: return 1 / .apply(.cos, arguments)
    case AST_FUNCTION_CSC where arguments.count == 1: return 1 / .apply(.sin, arguments)
    case AST_FUNCTION_COT where arguments.count == 1: return 1 / .apply(.tan, arguments)
    case AST_FUNCTION_SECH where arguments.count == 1: return 1 / .apply(.cosh, arguments)
    case AST_FUNCTION_CSCH where arguments.count == 1: return 1 / .apply(.sinh, arguments)
    case AST_FUNCTION_COTH where arguments.count == 1: return 1 / .apply(.tanh, arguments)
    case _ where relations.contains(type): return try comparison(type, arguments)
    default:
      guard let known = functionTable.first(where: { $0.0 == type }) else {
        throw Refusal(message: "uses \(name.isEmpty ? "a function" : name) that is not supported")
      }
      function = known.1
    }
    guard function.arity.contains(arguments.count) else {
      throw Refusal(
        message: "gives \(function.rawValue) \(arguments.count) arguments, which it does not take")
    }
    return .apply(function, arguments)
  }

  /// The comparisons that take several numbers.
  private static let relations = [
    AST_RELATIONAL_LT, AST_RELATIONAL_LEQ, AST_RELATIONAL_GT, AST_RELATIONAL_GEQ, AST_RELATIONAL_EQ,
  ]

  /// `a < b < c` compares neighbours.
  private static func comparison(
    _ type: ASTNodeType_t, _ arguments: [ModelExpression]
  ) throws(Refusal) -> ModelExpression {
    guard arguments.count >= 2, let function = functionTable.first(where: { $0.0 == type })?.1
    else { throw Refusal(message: "compares less than two numbers") }
    let pairs = zip(arguments, arguments.dropFirst()).map { pair in
      ModelExpression.apply(function, [pair.0, pair.1])
    }
    return pairs.count == 1 ? pairs[0] : .apply(.and, pairs)
  }

  private static let functionTable: [(ASTNodeType_t, ModelExpression.Function)] = [
    (AST_PLUS, .add), (AST_MINUS, .subtract), (AST_TIMES, .multiply), (AST_DIVIDE, .divide),
    (AST_POWER, .power), (AST_FUNCTION_POWER, .power), (AST_FUNCTION_EXP, .exp),
    (AST_FUNCTION_LN, .ln), (AST_FUNCTION_LOG, .log10), (AST_FUNCTION_ABS, .abs),
    (AST_FUNCTION_FLOOR, .floor), (AST_FUNCTION_CEILING, .ceil),
    (AST_FUNCTION_FACTORIAL, .factorial), (AST_FUNCTION_SIN, .sin), (AST_FUNCTION_COS, .cos),
    (AST_FUNCTION_TAN, .tan), (AST_FUNCTION_ARCSIN, .arcsin), (AST_FUNCTION_ARCCOS, .arccos),
    (AST_FUNCTION_ARCTAN, .arctan), (AST_FUNCTION_SINH, .sinh), (AST_FUNCTION_COSH, .cosh),
    (AST_FUNCTION_TANH, .tanh), (AST_FUNCTION_MIN, .min), (AST_FUNCTION_MAX, .max),
    (AST_FUNCTION_PIECEWISE, .piecewise), (AST_LOGICAL_AND, .and), (AST_LOGICAL_OR, .or),
    (AST_LOGICAL_XOR, .xor), (AST_LOGICAL_NOT, .not), (AST_RELATIONAL_LT, .less),
    (AST_RELATIONAL_LEQ, .lessOrEqual), (AST_RELATIONAL_GT, .greater),
    (AST_RELATIONAL_GEQ, .greaterOrEqual), (AST_RELATIONAL_EQ, .equal),
    (AST_RELATIONAL_NEQ, .unequal),
  ]
}
