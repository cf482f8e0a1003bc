import ApusApplications
import ApusFormats
import Foundation
import Testing

/// The bounds of memory that control groups set.
struct ControlGroupTests {
  private func group(
    _ path: String, _ files: [String: String], in root: TemporaryFolder
  ) throws -> ControlGroup {
    for (name, text) in files {
      let file = root(name)
      try FileManager.default.createDirectory(
        atPath: String(file[..<(file.lastIndex(of: "/") ?? file.endIndex)]),
        withIntermediateDirectories: true)
      try AtomicFile.write(text, to: file)
    }
    try AtomicFile.write("9:name=systemd:/x\n0::\(path)\n", to: root("cgroup"))
    return ControlGroup(namedIn: root("cgroup"), mountedAt: root.path)
  }

  @Test func theTightestGroupBoundsTheMemory() throws {
    let root = TemporaryFolder()
    let group = try group(
      "/a/b",
      [
        "memory.max": "max\n", "memory.current": "5000\n", "a/memory.max": "1000\n",
        "a/memory.current": "700\n", "a/memory.stat": "anon 1\ninactive_file 40\n",
        "a/b/memory.max": "900\n", "a/b/memory.current": "10\n",
      ], in: root)
    #expect(group.folders == [root("a/b"), root("a"), root.path])
    #expect(group.availableMemoryBytes == 340)
  }

  @Test func aGroupAboveItsBoundAllowsNothing() throws {
    let root = TemporaryFolder()
    let files = ["memory.max": "1000\n", "memory.current": "1200\n"]
    #expect(try group("/", files, in: root).availableMemoryBytes == 0)
  }

  @Test(arguments: ["/", "/../other", "/absent"])
  func withoutABoundThereIsNone(path: String) throws {
    let root = TemporaryFolder()
    #expect(try group(path, [:], in: root).availableMemoryBytes == nil)
  }
}
