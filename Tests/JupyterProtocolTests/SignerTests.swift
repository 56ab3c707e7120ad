import Testing

@testable import JupyterProtocol

@Suite struct SignerTests {
  /// RFC 4231, test cases 1 and 2.
  @Test(arguments: [
    (
      [UInt8](repeating: 0x0b, count: 20), "Hi There",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    (
      Array("Jefe".utf8), "what do ya want for nothing?",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
  ])
  func signsTheKnownAnswers(key: [UInt8], text: String, expected: String) {
    let signer = Signer(key: key)
    #expect(signer.signature(of: [Array(text.utf8)]) == Array(expected.utf8))
  }

  @Test func theSignatureCoversTheFramesAsOneRowOfBytes() {
    let signer = Signer(key: [1, 2, 3])
    #expect(signer.signature(of: [[1, 2], [], [3], [4]]) == signer.signature(of: [[1, 2, 3, 4]]))
  }

  @Test func acceptsItsOwnAndNothingElse() {
    let signer = Signer(key: [7], digest: .sha512)
    let frames: [[UInt8]] = [[1], [2], [3], [4]]
    let signature = signer.signature(of: frames)
    #expect(signature.count == 128)
    #expect(signer.accepts(signature, of: frames))
    #expect(!signer.accepts(signature, of: [[1], [2], [3], [5]]))
    #expect(!signer.accepts([], of: frames))
    #expect(!signer.accepts(Array(signature.dropLast()), of: frames))
    #expect(!Signer(key: [8], digest: .sha512).accepts(signature, of: frames))
  }

  @Test func anEmptyKeySignsNothingAndAcceptsEverything() {
    let signer = Signer(key: [])
    #expect(signer.signature(of: [[1]]).isEmpty)
    #expect(signer.accepts([9, 9], of: [[1]]))
  }

  @Test func aReplayGuardForgetsTheOldestFirst() {
    var guardian = ReplayGuard(capacity: 2)
    let signatures = (1...3).map { [UInt8](repeating: $0, count: 64) }
    let verdicts = [0, 0, 1, 2, 1, 0].map { guardian.isNew(signatures[$0]) }
    #expect(verdicts == [true, false, true, true, false, true])
  }
}
