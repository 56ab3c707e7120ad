// Memory that passes use in turn: the teacher's scoring is over when the student's pass begins, and the logits of the
// last chunk are gone when its backward pass begins, so none of them need be held side by side.

package import Tensors

/// Float memory for activations, shared by passes that never run at the same time.
///
/// A pass begins its turn, saying how much it expects to take, and takes what it needs; from then on, what the turn
/// before took means nothing. What does not fit is allocated beside it, and the next turn finds one run of memory that is
/// large enough for both: after the largest batch nothing is allocated any more.
package final class ActivationMemory {
  private var floats = Floats(zeros: 0)
  private var most = 0
  /// How much this turn has taken.
  package private(set) var taken = 0
  /// The number of the turn that goes on, or was the last.
  private(set) var turn = 0

  /// Memory that grows with what is taken.
  package init() {}

  /// Begins a turn that will take about so many numbers, and gives its number.
  ///
  /// Views of the turn before should be gone, or their memory stays until they are.
  @discardableResult package func beginTurn(expecting count: Int) -> Int {
    most = max(most, count)
    if most > floats.count {
      // First given back, then taken anew: the two are never there together.
      floats = Floats(zeros: 0)
      floats = Floats(zeros: most)
    }
    taken = 0
    turn += 1
    return turn
  }

  /// So many numbers of any value, aligned to 64 bytes.
  package func take(_ count: Int) -> Floats {
    let start = taken
    taken += (count + 15) & ~15
    most = max(most, taken)
    return taken <= floats.count ? floats[start..<start + count] : Floats(zeros: count)
  }

  /// Gives back what was taken since `taken` had this value.
  package func giveBack(to mark: Int) {
    precondition(mark <= taken, "\(mark) numbers are more than the \(taken) that were taken")
    taken = mark
  }
}
