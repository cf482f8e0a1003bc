import ApusFormats
import Glibc
import Testing

@Suite struct AtomicFileTests {
  @Test func replacesWhatWasThere() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.txt"
      try AtomicFile.write("first", to: path)
      try AtomicFile.write("second", to: path)
      #expect(try FileBytes.read(path) == Array("second".utf8))
      #expect(names(in: folder) == ["a.txt"])
    }
  }

  /// A file could not take the place of who reads.
  @Test func pipesAndDevicesAreWrittenInto() throws {
    try withTemporaryFolder { folder in
      let pipe = folder + "/p"
      try #require(mkfifo(pipe, 0o600) == 0)
      // Open on both sides, so that writing waits for nobody.
      let reader = open(pipe, O_RDWR | O_NONBLOCK)
      defer { close(reader) }
      try AtomicFile.write("bytes", to: pipe)
      var bytes = [UInt8](repeating: 0, count: 100)
      #expect(read(reader, &bytes, bytes.count) == 5)
      #expect(names(in: folder) == ["p"])
    }
    try AtomicFile.write("nothing", to: "/dev/null")
    var status = stat()
    try #require(stat("/dev/null", &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFCHR)
  }

  /// As where a shell sends standard output behind what a file holds.
  @Test func descriptorsAreWrittenFromWhereTheyStand() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/log"
      try AtomicFile.write("old ", to: path)
      let descriptor = open(path, O_WRONLY | O_APPEND)
      defer { close(descriptor) }
      for text in ["new ", "newer"] {
        try AtomicFile.write(text, to: "/proc/self/fd/\(descriptor)")
      }
      #expect(try FileBytes.read(path) == Array("old new newer".utf8))
    }
  }

  @Test func whatIsBeingWrittenIsNoLeftoverAndNamesMayBeLong() throws {
    try withTemporaryFolder { folder in
      let name = String(repeating: "n", count: 250)
      try AtomicFile.write(to: folder + "/" + name) { (writer) throws(FormatError) in
        try writer.write([1, 2, 3])
        AtomicFile.removeLeftovers(in: folder)
      }
      #expect(try FileBytes.read(folder + "/" + name) == [1, 2, 3])
      #expect(names(in: folder) == [name])
    }
  }

  @Test func whatCannotBeWrittenIsSaidBefore() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.checkWritable(folder + "/new")
      try AtomicFile.checkWritable("/dev/null")
      #expect(
        try sentence { try AtomicFile.checkWritable(folder + "/none/new") }
          == "cannot write \(folder)/none/new: No such file or directory")
      #expect(
        try sentence { try AtomicFile.checkWritable(folder) }
          == "cannot write \(folder): Is a directory")
      #expect(names(in: folder) == [])
    }
  }

  @Test func largeAndSmallPiecesKeepTheirOrder() throws {
    try withTemporaryFolder { folder in
      let large = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 31) }
      try AtomicFile.write(to: folder + "/b") { (writer) throws(FormatError) in
        try writer.write([1, 2])
        let result = large.withUnsafeBytes { bytes in
          Result { () throws(FormatError) in try writer.write(bytes) }
        }
        try result.get()
        try writer.write(large)
        try writer.write([3])
        #expect(writer.count == 400_003)
      }
      #expect(try FileBytes.read(folder + "/b") == [1, 2] + large + large + [3])
    }
  }

  @Test func aFailureLeavesTheOldFileAndNothingElse() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a"
      try AtomicFile.write("old", to: path)
      let fault = FormatError("x", cannot: "go on", message: "because")
      #expect(throws: fault) {
        try AtomicFile.write(to: path) { (writer) throws(FormatError) in
          try writer.write([UInt8](repeating: 0, count: 100_000))
          throw fault
        }
      }
      #expect(try FileBytes.read(path) == Array("old".utf8))
      #expect(names(in: folder) == ["a"])
    }
  }

  @Test func refusalsAreOneSentence() throws {
    #expect(
      try sentence { try AtomicFile.write("x", to: "/nowhere/a") }
        == "cannot write /nowhere/a: No such file or directory")
    #expect(
      try sentence { try AtomicFile.write("x", to: "/proc/a") }
        .hasPrefix("cannot write /proc/a: "))
    try withTemporaryFolder { folder in
      #expect(mkdir(folder + "/d", 0o700) == 0)
      let fault = try sentence { try AtomicFile.write("x", to: folder + "/d") }
      #expect(fault == "cannot write \(folder)/d: Is a directory")
      #expect(names(in: folder) == ["d"])
      rmdir(folder + "/d")
    }
  }

  @Test func temporaryFilesOfTheDeadAreRemoved() throws {
    try withTemporaryFolder { folder in
      let dead = ".a.txt.\(Int32.max).partial"
      let living = ".a.txt.\(getppid()).partial"
      // Of a process before, which had the number of this one.
      let own = ".a.txt.\(getpid()).partial"
      for name in [dead, own, living, "b.partial", ".c"] {
        try AtomicFile.write("", to: folder + "/" + name)
      }
      AtomicFile.removeLeftovers(in: folder)
      #expect(names(in: folder) == [living, ".c", "b.partial"].sorted())
    }
  }
}
