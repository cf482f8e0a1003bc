import ApusApplications
import Foundation
import Testing

struct AbsolutePathTests {
  @Test(arguments: [
    ("/a/b", "/a/b"), ("/a//b/./c/", "/a/b/c"), ("/", "/"), ("/a/../b", "/a/../b"), ("", ""),
  ])
  func pathsFromTheRootStay(path: String, expected: String) {
    #expect(absolutePath(path) == expected)
  }

  @Test func otherPathsBeginInTheWorkingFolder() {
    let folder = FileManager.default.currentDirectoryPath
    #expect(absolutePath("data/./good/") == folder + "/data/good")
    #expect(absolutePath("../data") == folder + "/../data")
  }
}
