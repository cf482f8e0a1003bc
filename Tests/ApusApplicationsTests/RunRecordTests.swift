import ApusApplications
import Testing

@Suite struct RunRecordTests {
  static let json = """
    {
      "created" : "2026-01-02T03:04:05Z",
      "format" : 1,
      "machine" : {
        "cores" : 2,
        "instructionSet" : "avx2",
        "memoryBytes" : 1024,
        "processor" : "P",
        "supportsBFloat16" : false,
        "system" : "Debian"
      },
      "progress" : {
        "epochs" : 1,
        "steps" : 469,
        "totalEpochs" : 2
      },
      "recipe" : "fashion",
      "seed" : 18446744073709551615,
      "settings" : {
        "side" : 56
      },
      "status" : "interrupted",
      "threads" : 2,
      "timings" : {
        "evaluation" : 0,
        "training" : 61.5
      },
      "updated" : "2026-01-02T03:05:05Z",
      "versions" : {
        "apus" : "0.1.0",
        "oneDNN" : "2.6.3"
      }
    }

    """

  let temporary = TemporaryFolder()

  func record(_ json: String) throws -> RunRecord {
    temporary.write(json, to: "run.json")
    return try RunFolder.find(temporary.path).record()
  }

  @Test func readsWhatItWrites() throws {
    let record = try record(Self.json)
    #expect(record.recipe == "fashion")
    #expect(record.seed == .max)
    #expect(record.settings["side"] == 56)
    #expect(record.status == .interrupted)
    #expect(record.results == nil)
    #expect(String(decoding: try record.json(), as: UTF8.self) == Self.json)
  }

  @Test func refusesANewerFormatByItsNumber() {
    let file = temporary("run.json")
    let newer = #"{"format": 2, "recipe": {"name": "fashion"}}"#
    #expect(throws: RunError.newerFormat(file: file, format: 2)) { try record(newer) }
    #expect(
      RunError.newerFormat(file: "run.json", format: 2).description
        == "run.json: has format 2, this version of apus reads format 1; "
        + "use the version that made the run, or a newer one")
  }

  @Test(arguments: [
    ("", "byte 0"), ("{\"format\": 1", "byte 12"), ("[]", "at the top"),
    ("{}", "expected the key format"), (#"{"format": 0}"#, "expected format 1, found 0"),
    (#"{"format": 1}"#, "expected the key"), (#"{"format": "one"}"#, "at format"),
    (json.replacing("\"fashion\"", with: "7"), "at recipe"),
    (json.replacing("\"interrupted\"", with: "\"asleep\""), "at status"),
    (json.replacing("2026-01-02T03:04:05Z", with: "yesterday"), "date"),
    (json.replacing("469", with: "1e400"), "expected 0 to 9007199254740992 for progress.steps"),
    (json.replacing("469", with: "-3"), "progress.steps, found -3"),
    (json.replacing("18446744073709551615", with: "-1"), "for seed, found -1"),
    (json.replacing("18446744073709551615", with: "1.5"), "for seed, found 1.5"),
    (json.replacing("61.5", with: "1e20"), "0 to 1000000000000 seconds for timings.training"),
    (json.replacing("\"threads\" : 2", with: "\"threads\" : 1e99"), "for threads, found 1e99"),
    (
      json.replacing("\"side\" : 56", with: "\"side\" : [1, {\"a\": 1e99999}]"),
      "for settings.side.1.a, found 1e99999"
    ),
    ("\u{0}\u{FFFF}", "byte 0"),
  ])
  func saysWhatIsWrong(json: String, words: String) {
    let error = #expect(throws: RunError.self) { try record(json) }
    let sentence = error?.description ?? ""
    #expect(sentence.hasPrefix(temporary("run.json")))
    #expect(sentence.contains(words), "\(sentence)")
    #expect(!sentence.contains("\n"))
  }

  @Test func refusesARunOfAnotherRecipe() throws {
    temporary.write(Self.json, to: "run.json")
    let folder = try RunFolder.find(temporary.path)
    #expect(throws: RunError.otherRecipe(path: folder.path, expected: "dogs", actual: "fashion")) {
      try folder.record(of: "dogs")
    }
  }

  @Test func isListedEvenWhereItIsDamaged() throws {
    let home = temporary("runs")
    for _ in 0..<2 { _ = try RunFolder.make(recipe: "fashion", output: nil, home: home) }
    temporary.write(Self.json, to: "runs/fashion-1/run.json")
    temporary.write("nonsense", to: "runs/fashion-2/run.json")
    let listings = try RunListing.all(in: home)
    #expect(Set(listings.map(\.state)) == ["interrupted", "unreadable"])
    #expect(try RunListing.all(in: temporary("nowhere")).isEmpty)
  }

  @Test func wasKilledWhereNobodyTrainsARunningRun() throws {
    temporary.write(
      Self.json.replacing("interrupted", with: "running"), to: "run.json")
    let folder = try RunFolder.find(temporary.path)
    #expect(RunListing(of: folder).state == "killed")
    let lock = try RunLock(folder)
    #expect(RunListing(of: folder).state == "running")
    withExtendedLifetime(lock) {}
  }
}
