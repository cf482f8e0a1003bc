import ApusTerminal
import Glibc
import Testing

@Suite struct ScreenTests {
  @Test func coloursNeedAScreenThatHasThem() {
    let recorder = Recorder()
    #expect(recorder.screen(hasColour: true).styled("no", .red) == "\u{1B}[31mno\u{1B}[0m")
    #expect(recorder.screen().styled("no", .red) == "no")
  }

  @Test func aPipeIsNoTerminal() {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let screen = Screen(descriptor: ends[1])
    #expect(!screen.isTerminal && !screen.hasColour)
    #expect(screen.width() > 0)
    screen.write("größe\n")
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = read(ends[0], &bytes, bytes.count)
    #expect(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self) == "größe\n")
    close(ends[0])
    close(ends[1])
  }

  @Test func aTerminalTellsItsWidth() throws {
    // A pseudo-terminal: its other end is what a program would write to.
    let controller = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    try #require(controller >= 0)
    defer { close(controller) }
    var size = winsize(ws_row: 20, ws_col: 57, ws_xpixel: 0, ws_ypixel: 0)
    #expect(ioctl(controller, UInt(TIOCSWINSZ), &size) == 0)
    #expect(Screen(descriptor: controller).width() == 57)
    #expect(isatty(controller) == 1)
  }
}
