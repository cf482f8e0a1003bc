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
}
