import ApusEngine
import Glibc

/// What `apus doctor` finds: the machine, the libraries, the data, the room to work in.
public struct Doctor: Sendable {
  public let machine: MachineDescription
  /// The vector instructions that the processor has, of those that matter here.
  public let instructionSets: [String]
  public let oneDNNVersion: String
  public let dataSets: [DataSetFinding]
  /// Memory that can still be taken, in bytes; nil where the system does not say.
  public let freeMemoryBytes: Int?
  /// Room on the disk of the current folder, in bytes.
  public let freeDiskBytes: Int?

  /// A data set that a recipe trains on by default.
  public struct DataSetFinding: Sendable {
    public let recipe: String
    public let path: String
    /// What is wrong with it, in a sentence; nil where it is there.
    public let fault: String?

    public init(recipe: String, path: String, fault: String?) {
      self.recipe = recipe
      self.path = path
      self.fault = fault
    }
  }

  /// Looks around.
  public init(dataSets: [DataSetFinding]) {
    machine = .current
    instructionSets = Doctor.instructionSets()
    oneDNNVersion = Machine.oneDNNVersion
    self.dataSets = dataSets
    freeMemoryBytes = SystemFiles.availableMemoryBytes
    freeDiskBytes = ApusApplications.freeDiskBytes(at: ".")
  }

  /// What keeps `fashion` with default settings from training, in sentences; empty where nothing does.
  public var problems: [String] {
    var problems = dataSets.compactMap(\.fault)
    let memory = FashionRecipe.memoryEstimate(FashionSettings())
    if let freeMemoryBytes, freeMemoryBytes < memory {
      problems.append(
        "\(ByteCount(freeMemoryBytes)) of memory are free; `apus train fashion` needs about "
          + "\(ByteCount(memory))")
    }
    let space = FashionRecipe.spaceEstimate(FashionSettings())
    if let freeDiskBytes, freeDiskBytes < space {
      problems.append(
        "\(ByteCount(freeDiskBytes)) are free on the disk of this folder; a run of fashion needs about "
          + "\(ByteCount(space))")
    }
    return problems
  }

  /// The findings as `apus doctor --json` prints them.
  public var json: JSON {
    [
      "version": .string(apusVersion), "oneDNN": .string(oneDNNVersion),
      "processor": .string(machine.processor), "cores": .integer(machine.cores),
      "system": .string(machine.system),
      "instructionSets": .array(instructionSets.map(JSON.string)),
      "kernels": .string(machine.instructionSet),
      "bfloat16": .bool(machine.supportsBFloat16),
      "memoryBytes": .integer(machine.memoryBytes),
      "freeMemoryBytes": freeMemoryBytes.map(JSON.integer) ?? .null,
      "freeDiskBytes": freeDiskBytes.map(JSON.integer) ?? .null,
      "dataSets": .array(
        dataSets.map {
          [
            "recipe": .string($0.recipe), "path": .string($0.path), "found": .bool($0.fault == nil),
          ]
        }),
      "problems": .array(problems.map(JSON.string)),
    ]
  }

  private static func instructionSets() -> [String] {
    let file = "/proc/cpuinfo"
    let words =
      SystemFiles.value(of: "flags", in: file) ?? SystemFiles.value(of: "Features", in: file)
    let flags = Set(words?.split(separator: " ").map(String.init) ?? [])
    return [
      "sse4_2", "avx", "fma", "avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd",
      "bf16", "sve",
    ].filter(flags.contains)
  }
}
