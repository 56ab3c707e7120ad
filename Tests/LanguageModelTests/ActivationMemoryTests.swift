// The memory of activations: what it lends, and whether `DecoderPass.bytes` says what passes take.

import Evidence
@testable import LanguageModel
import Tensors
import Testing

@Suite struct ActivationMemoryTests {
  @Test func aTurnTakesFromTheFront() {
    let memory = ActivationMemory()
    memory.beginTurn(expecting: 100)
    let (first, second) = (memory.take(20), memory.take(5))
    first.fill(1)
    second.fill(2)
    #expect(memory.taken == 48 && first.array == Array(repeating: 1, count: 20) && second.count == 5)
    memory.giveBack(to: 32)
    let third = memory.take(4)
    third.fill(3)
    #expect(second.array == [3, 3, 3, 3, 2], "what was given back is lent again")
    memory.beginTurn(expecting: 10)
    memory.take(1).fill(4)
    #expect(first[0] == 4 && memory.taken == 16)
  }

  @Test func whatDoesNotFitLiesBesideAndTheNextTurnIsLarger() async {
    await #expect(processExitsWith: .success) {
      let memory = ActivationMemory()
      let start = FloatMemoryUse.bytes
      memory.beginTurn(expecting: 1600)
      #expect(FloatMemoryUse.bytes - start == 6400 - 64)
      do {
        let (inside, beside) = (memory.take(1600), memory.take(800))
        beside.fill(1)
        #expect(inside.array.allSatisfy { $0 == 0 } && beside.array.allSatisfy { $0 == 1 })
        #expect(FloatMemoryUse.bytes - start == 6336 + 3200)
      }
      #expect(FloatMemoryUse.bytes - start == 6336)
      memory.beginTurn(expecting: 0)
      #expect(FloatMemoryUse.bytes - start == 9600 - 64)
      _ = memory.take(2400)
      #expect(FloatMemoryUse.bytes - start == 9600 - 64)
    }
  }

  /// Every shape that is easy to get wrong, for both purposes, with all tokens scored and with few.
  @Test func passesTakeWhatIsSaidAndNoMore() async {
    await #expect(processExitsWith: .success) {
      for shape in oddShapes {
        let parameters = livelyParameters(shape)
        let gradient = Trainable.parameters(parameters.zerosLike())
        for (prompt, completion) in [(1, 30), (20, 5)] {
          var batch = PackedBatch()
          for index in 0..<7 {
            batch.append(
              prompt: randomTokens(prompt, below: shape.vocabulary, seed: UInt64(index)),
              completion: randomTokens(completion, below: shape.vocabulary, seed: UInt64(index)))
          }
          // Once for what the products pack and keep.
          let first = DecoderPass(shape, for: .training)
          first.backward(first.forward(parameters, batch).copy(), parameters, batch, into: gradient)
          for purpose in [DecoderPass.Purpose.training, .scoring] {
            let pass = DecoderPass(shape, for: purpose)
            let start = FloatMemoryUse.bytes
            let hidden = pass.forward(parameters, batch)
            if purpose == .training { pass.backward(hidden.copy(), parameters, batch, into: gradient) }
            let taken = Double(FloatMemoryUse.bytes - start)
            let said = DecoderPass.bytes(shape, tokens: batch.tokens.count, for: purpose)
            let scored = Double(4 * batch.scored.count * shape.width)
            // Scoring keeps its result outside; training, which took a copy, has given it back.
            #expect(taken <= said + scored + 4096 && taken >= 0.95 * said, "\(purpose): \(taken) taken, \(said) said")
          }
        }
      }
    }
  }

  @Test func passesThatShareMemoryGiveWhatTheyGiveAlone() throws {
    let shape = oddShapes[0]
    let parameters = livelyParameters(shape)
    func batch(_ count: Int, _ seed: UInt64) -> PackedBatch {
      var batch = PackedBatch()
      batch.append(
        prompt: randomTokens(3, below: shape.vocabulary, seed: seed),
        completion: randomTokens(count, below: shape.vocabulary, seed: seed + 1))
      return batch
    }
    let memory = ActivationMemory()
    let teacher = DecoderPass(shape, for: .scoring, memory: memory)
    let student = DecoderPass(shape, for: .training, memory: memory)
    for (step, counts) in [(20, 5), (4, 30), (30, 30), (1, 1)].enumerated() {
      let (scored, trained) = (batch(counts.0, UInt64(step)), batch(counts.1, UInt64(50 + step)))
      let hidden = teacher.forward(parameters, scored)
      let (shared, alone) = (parameters.zerosLike(), parameters.zerosLike())
      let state = student.forward(parameters, trained)
      student.backward(state.copy(), parameters, trained, into: .parameters(shared))
      let own = DecoderPass(shape, for: .training)
      own.backward(own.forward(parameters, trained).copy(), parameters, trained, into: .parameters(alone))
      #expect(shared.values.array.bits == alone.values.array.bits)
      #expect(
        hidden.array.bits == DecoderPass(shape, for: .scoring).forward(parameters, scored).array.bits,
        "the teacher's hidden states were written over")
    }
  }
}
