/// A setting that a resumed run keeps, as a person named it.
struct FixedOption<Settings>: Sendable {
  /// The option, such as `--side`.
  let name: String
  let value: @Sendable (Settings) -> String

  init(name: String, value: @escaping @Sendable (Settings) -> String) {
    self.name = name
    self.value = value
  }

  /// The change that was asked for; nil where there is none.
  func change(from recorded: Settings, to requested: Settings) -> RunError.SettingChange? {
    let (before, after) = (value(recorded), value(requested))
    guard before != after else { return nil }
    return RunError.SettingChange(option: name, recorded: before, requested: after)
  }
}
