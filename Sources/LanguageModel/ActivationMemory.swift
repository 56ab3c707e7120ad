// Memory that is used in turn: rollouts are over when the teacher scores them, the teacher's pass is over when the
// student's begins, and the logits of the last chunk are gone when its backward pass begins. None of them need be held
// side by side.

import Synchronization
package import Tensors

/// Float memory for activations, shared by passes that never run at the same time.
///
/// A pass begins its turn, saying how much it expects to take, and takes what it needs; from then on, what the turn
/// before took means nothing. What does not fit is allocated beside it, and the next turn finds one run of memory that is
/// large enough for both: after the largest batch nothing is allocated any more.
package final class ActivationMemory: Sendable {
  private struct State {
    var floats = Floats(zeros: 0)
    var most = 0
    var taken = 0
    var turn = 0
  }

  private let state = Mutex(State())

  /// Memory that grows with what is taken.
  package init() {}

  /// How much this turn has taken.
  package var taken: Int { state.withLock { $0.taken } }
  /// The number of the turn that goes on, or was the last.
  var turn: Int { state.withLock { $0.turn } }

  /// Begins a turn that will take about so many numbers, and gives its number.
  ///
  /// Views of the turn before should be gone, or their memory stays until they are.
  @discardableResult package func beginTurn(expecting count: Int) -> Int {
    state.withLock { state in
      state.most = max(state.most, count)
      if state.most > state.floats.count {
        // First given back, then taken anew: the two are never there together.
        state.floats = Floats(zeros: 0)
        state.floats = Floats(zeros: state.most)
      }
      state.taken = 0
      state.turn += 1
      return state.turn
    }
  }

  /// So many numbers of any value, aligned to 64 bytes.
  package func take(_ count: Int) -> Floats {
    state.withLock { state in
      let start = state.taken
      state.taken += (count + 15) & ~15
      state.most = max(state.most, state.taken)
      return state.taken <= state.floats.count ? state.floats[start..<start + count] : nil
    } ?? Floats(zeros: count)
  }

  /// Gives back what was taken since `taken` had this value.
  package func giveBack(to mark: Int) {
    state.withLock { state in
      precondition(mark <= state.taken, "\(mark) numbers are more than the \(state.taken) that were taken")
      state.taken = mark
    }
  }
}
