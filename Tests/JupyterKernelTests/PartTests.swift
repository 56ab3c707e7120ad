import Glibc
import JupyterProtocol
import Testing

@testable import JupyterKernel

/// The parts that need no sockets.
@Suite struct PartTests {
  @Test(arguments: [
    ("", "", true), ("*", "", true), ("*", "a\nb", true), ("a*c", "abbbc", true), ("a*c", "abbbcd", false),
    ("?", "é", true), ("?", "", false), ("*b*b*", "abxb", true), ("a", "b", false),
    (String(repeating: "a*", count: 40) + "b", String(repeating: "a", count: 4_000), false),
  ])
  func patternsMatchWholeTexts(pattern: String, text: String, expected: Bool) {
    #expect(Glob.matches(Array(pattern.unicodeScalars), Array(text.unicodeScalars)) == expected)
  }

  @Test func whatIsWrittenToADescriptorIsCollectedInWholeCharacters() throws {
    let descriptor = unsafe open("/dev/null", O_WRONLY)
    defer { close(descriptor) }
    let capture = try #require(DescriptorCapture([(descriptor, .standardError)]))
    func print(_ bytes: [UInt8]) {
      unsafe bytes.withUnsafeBytes { _ = unsafe write(descriptor, $0.baseAddress, $0.count) }
    }
    var collected: [String] = []
    func collect() { capture.collect { collected.append("\($0.rawValue)> \($1)") } }
    let bytes = Array("a😀".utf8)
    print(Array(bytes[..<3]))
    collect()
    collect()
    print(Array(bytes[3...]))
    collect()
    capture.restore()
    print(bytes)
    collect()
    #expect(collected == ["stderr> a", "stderr> 😀"])
  }

  @Test(arguments: [("a", 0), ("é", 1), ("€", 2), ("😀", 3)])
  func aCharacterCutShortIsRecognised(text: String, most: Int) {
    let bytes = Array("x\(text)".utf8)
    for missing in 0..<text.utf8.count {
      let length = DescriptorCapture.unfinishedLength(Array(bytes.dropLast(missing)))
      #expect(length == (missing == 0 ? 0 : text.utf8.count - missing))
    }
  }

  @Test(
    arguments: [
      (nil, 7, 1, false), (7, 7, 7, false), (7, 7, 1, true), (1, 1, 1, false), (7, 8, 8, false), (7, 8, 1, true),
      (7, 1, 1, false),
    ] as [(pid_t?, pid_t, pid_t, Bool)])
  func theDeathOfTheParentIsRecognised(named: pid_t?, present: pid_t, later: pid_t, orphaned: Bool) {
    #expect(ProcessWatch.orphanRule(named: named, present: present, now: { later })() == orphaned)
  }

  @Test func aWriterWaitsForRoomUntilItGivesUp() {
    let queue = OutputQueue(wakeUp: WakeUp())
    let text = String(repeating: "x", count: OutputQueue.textLimit)
    queue.write(.standardOutput, text, parent: nil) { false }
    var questions = 0
    queue.write(.standardOutput, "more", parent: nil) {
      questions += 1
      return true
    }
    #expect(questions == 1)
    #expect(queue.take().messages.count == 1)
    queue.write(.standardOutput, "room", parent: nil) { false }
    let later = queue.take()
    #expect(later.messages.isEmpty)
    #expect(later.again != nil)
    #expect(queue.take(everything: true).messages.count == 1)
  }

  /// In an optimised build a waiting thread once slept on the state that it had seen first.
  @Test func whoeverWaitsSeesWhatAnotherThreadChanges() {
    let monitor = Monitor(0)
    for round in 1...100 {
      PosixThread.start(name: "changer", stackSize: 1 << 20) { monitor.change { $0 = round } }
      #expect(monitor.wait(milliseconds: 5_000) { $0 == round ? round : nil } == round)
    }
    #expect(monitor.wait(milliseconds: 10) { $0 == 0 ? 0 : nil } == nil)
  }
}
