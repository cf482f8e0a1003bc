/// The control group (version 2) of a process, which bounds the memory of containers and services.
package struct ControlGroup {
  /// Its folder, and those of the groups around it, the innermost first.
  package let folders: [String]

  /// The group that a file such as `/proc/self/cgroup` names; the outermost where it names none.
  package init(
    namedIn file: String = "/proc/self/cgroup", mountedAt root: String = "/sys/fs/cgroup"
  ) {
    let path = SystemFiles.value(of: "0:", in: file, separator: "/") ?? ""
    let parts = path.split(separator: "/")
    let names = parts.contains("..") ? [] : parts
    folders = (0...names.count).reversed().map { count in
      ([root[...]] + names.prefix(count)).joined(separator: "/")
    }
  }

  /// The memory that the tightest of the groups still allows, in bytes; nil where none has a bound.
  package var availableMemoryBytes: Int? {
    folders.compactMap { folder in
      guard let bound = SystemFiles.number(in: folder + "/memory.max"),
        let used = SystemFiles.number(in: folder + "/memory.current")
      else { return nil }
      // What the group read from files long ago makes room when memory is asked for.
      let reclaimable = SystemFiles.value(
        of: "inactive_file", in: folder + "/memory.stat", separator: " ")
      return max(0, bound - used + (reclaimable.flatMap { Int($0) } ?? 0))
    }.min()
  }
}
