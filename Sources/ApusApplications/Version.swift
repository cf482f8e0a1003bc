/// The version of Apus, as `apus --version` prints it and runs record it.
public let apusVersion = "0.1.0"
