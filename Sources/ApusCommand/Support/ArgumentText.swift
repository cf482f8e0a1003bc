import ApusTerminal
import ArgumentParser

/// The texts that the program is given.
enum ArgumentText {
  /// Checks that every argument is UTF-8: Swift would mend another one, and it would name another file.
  static func check() throws(ValidationError) {
    for number in 1..<max(1, Int(CommandLine.argc)) {
      guard let bytes = CommandLine.unsafeArgv[number] else { continue }
      guard String(validatingCString: bytes) == nil else { continue }
      let text = String(cString: bytes).escapingControls
      throw ValidationError("argument \(number), \(text): expected UTF-8, found other bytes")
    }
  }

  /// The arguments, a negative number joined to the option before it: the parser takes it for another option.
  static var all: [String] {
    var arguments: [String] = []
    var areOptions = true
    for text in CommandLine.arguments.dropFirst() {
      if text == "--" { areOptions = false }
      let last = arguments.last ?? ""
      if areOptions, last.hasPrefix("--"), !last.contains("="), text.hasPrefix("-"),
        Double(text) != nil
      {
        arguments[arguments.count - 1] = last + "=" + text
      } else {
        arguments.append(text)
      }
    }
    return arguments
  }
}

extension String {
  /// The path of a file to read, `-` being standard input.
  var inputPath: String { self == "-" ? "/dev/stdin" : self }

  /// The path of a file to write, `-` being standard output.
  var outputPath: String { self == "-" ? "/dev/stdout" : self }
}
