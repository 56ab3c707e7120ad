import RandomStreams

/// The pupils whose homework a base learns to write: the reason why self-distillation has something to find.
///
/// A base is pretrained on two kinds of text. Under the teacher's prompt, where the answer is known, every column is
/// right. Under the student's prompt the text is copied from pupils who believe some wrong sums: for 35 of the 100
/// pairs of digits a fixed misconception says one too much or one too little, and is written 65 % of the time; and a
/// carry that is due is forgotten 30 % of the time. So one set of weights learns addition and, asked without the
/// answer, imitates people who get it wrong: of their homework 38 % is right (54, 37 and 24 % for two, three and four
/// digits). The skill is there and suppressed. A teacher that is the same model, shown the answer, can bring it out on
/// the student's own attempts; nothing new has to be taught.
package struct Pupils: Sendable, Hashable {
  /// How often a believed misconception is written, 0...1.
  package let confusion: Double
  /// How often a due carry is forgotten, 0...1.
  package let forgetfulness: Double
  /// What is added by mistake to the pair of digits 10 · first + second: -1, 0 or 1.
  package let misconceptions: [Int]

  /// The pupils of the usual world.
  package static let usual = Pupils(checked: 35, confusion: 0.65, forgetfulness: 0.30, seed: 0)

  /// Pupils with misconceptions about `confusedPairs` of the 100 pairs of digits, chosen by the seed.
  ///
  /// Throws `TaskError` unless there are 0...100 pairs and both shares are 0...1.
  package init(
    confusedPairs: Int = 35, confusion: Double = 0.65, forgetfulness: Double = 0.30, seed: UInt64 = 0
  ) throws {
    func refused(_ label: String, _ given: String, _ range: String) -> TaskError {
      TaskError(
        what: "pupils with \(label): \(given) are not possible", why: "\(label) lies in \(range)",
        fix: "choose a value in that range")
    }
    guard (0...100).contains(confusedPairs) else { throw refused("confusedPairs", "\(confusedPairs)", "0...100") }
    guard (0...1).contains(confusion) else { throw refused("confusion", "\(confusion)", "0...1") }
    guard (0...1).contains(forgetfulness) else { throw refused("forgetfulness", "\(forgetfulness)", "0...1") }
    self.init(checked: confusedPairs, confusion: confusion, forgetfulness: forgetfulness, seed: seed)
  }

  private init(checked confusedPairs: Int, confusion: Double, forgetfulness: Double, seed: UInt64) {
    self.confusion = confusion
    self.forgetfulness = forgetfulness
    var random = RandomStream(seed: seed, purpose: .corpus, 0, 1)
    var pairs = Array(0..<100)
    var table = [Int](repeating: 0, count: 100)
    for _ in 0..<confusedPairs {
      let pair = pairs.remove(at: random.below(pairs.count))
      let mistake = random.below(2) == 0 ? -1 : 1
      // Totals stay between 0 and 19, whatever the carry.
      table[pair] = pair == 0 ? 1 : pair == 99 ? -1 : mistake
    }
    misconceptions = table
  }

  /// One pupil's working, which may be right.
  func homework(on addends: Addends, with random: inout RandomStream) -> String {
    // Every column takes two numbers from the stream, so pupils who believe other things make the same other slips.
    addends.worked { first, second, due in
      let isForgotten = random.uniform() < forgetfulness
      let isConfused = random.uniform() < confusion
      let carry = isForgotten ? 0 : due
      return (carry, first + second + carry + (isConfused ? misconceptions[10 * first + second] : 0))
    }
  }
}
