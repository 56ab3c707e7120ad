// A process that is killed with SIGKILL, or whose disk is full, leaves the checkpoint before or the one after, whole.
// Each run here is a process of its own.

import Checkpoints
import Evidence
import FoundationEssentials
import Glibc
import LanguageModel
import Rollouts
import Tasks
import Testing
import Tokenizer
@testable import Training

/// Runs whose checkpoints, of 2.5 MB each, take most of their time.
private struct WideWorld {
  let world: TinyWorld
  let policy: Policy

  init() throws {
    world = try TinyWorld(rollouts: 1, maxTokens: 2)
    let shape = DecoderConfiguration(
      vocabulary: 18, width: 64, layers: 4, heads: 2, keyValueHeads: 1, headWidth: 32, feedForward: 192,
      contextLength: 64)
    policy = Policy(parameters: Parameters(randomly: shape, seed: 4), vocabulary: world.policy.vocabulary)
  }

  func train(_ steps: Int, keptAt path: String, _ observer: RunObserver = RunObserver()) throws -> TrainingRun {
    var plan = world.plan(steps, keptAt: path)
    plan.examination = nil
    return try world.method.train(policy, task: world.task, problems: world.problems, plan, observer)
  }
}

/// Lets the system end this process, or fail its writing where SIGXFSZ is ignored, when a file becomes longer.
private func limitFiles(to bytes: rlim_t) {
  var limit = rlimit()
  unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
  limit.rlim_cur = 0
  unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
  unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  limit.rlim_cur = bytes
  unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}

/// Lets the signal end this process that writing beyond the limit sends, whoever had ignored or blocked it.
private func dieOfLongFiles() {
  signal(SIGXFSZ, SIG_DFL)
  var signals = sigset_t()
  unsafe sigemptyset(&signals)
  unsafe sigaddset(&signals, SIGXFSZ)
  unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
}

/// Ends this process with SIGKILL, from a thread of its own, as soon as `isTime` holds.
private func killThisProcess(when isTime: @escaping @Sendable () -> Bool) {
  let watch = Thread {
    while !isTime() { sched_yield() }
    kill(getpid(), SIGKILL)
  }
  watch.start()
}

/// A thread that runs a closure.
private final class Thread: Sendable {
  private let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }

  func start() {
    var thread = pthread_t()
    let argument = unsafe Unmanaged.passRetained(self).toOpaque()
    unsafe _ = pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        unsafe Unmanaged<Thread>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, argument)
    pthread_detach(thread)
  }
}

/// The bytes of the unfinished file beside a checkpoint; nil where there is none.
private func partialSize(besides path: String) -> Int? {
  let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
  guard
    let name = try? FileManager.default.contentsOfDirectory(atPath: folder).first(where: { $0.hasSuffix(".partial") })
  else { return nil }
  var status = stat()
  return unsafe stat("\(folder)/\(name)", &status) == 0 ? Int(status.st_size) : nil
}

@Suite(.serialized) struct KilledRunTests {
  /// How a process is ended while it writes a checkpoint.
  private enum Death: Codable {
    /// By the system, as it writes the byte after so many of a hundred parts of the file.
    case writing(part: Int)
    /// By SIGKILL, as soon as somebody else sees so many of a hundred parts of the file.
    case seen(part: Int)
    /// By SIGKILL, as soon as somebody else sees that the file has got its name.
    case named
  }

  /// One run, ended again and again.
  @Test func aProcessThatIsKilledLeavesAWholeCheckpoint() async throws {
    let folder = try ScratchFolder()
    let path = folder.path + "/run"
    let steps = 60
    let whole = try WideWorld().train(steps, keptAt: folder.path + "/whole")
    let size = try bytes(at: folder.path + "/whole").count
    var step = 0
    for death in [
      .writing(part: 0), .seen(part: 0), .writing(part: 10), .seen(part: 100), .named, .writing(part: 50),
      .writing(part: 99), .seen(part: 50), .named, .seen(part: 100), .writing(part: 80), .seen(part: 100), .named,
    ] as [Death] {
      let from = step
      // A file grows with its steps: the next one is a little longer than the last.
      let size = (try? bytes(at: path).count) ?? size
      var ending = SIGKILL
      if case .writing = death { ending = SIGXFSZ }
      await #expect(processExitsWith: .signal(ending)) {
        [path = path as String, death = death as Death, size = size as Int, steps = steps as Int, from = from as Int] in
        _ = try WideWorld().train(
          steps, keptAt: path,
          RunObserver(onEvent: { event in
            // Not before something was done since the last time, and not much later.
            guard case .step(let record) = event else { return }
            if record.step > from + 3 { kill(getpid(), SIGKILL) }
            switch death {
            case .writing(let part):
              dieOfLongFiles()
              limitFiles(to: rlim_t(size * part / 100))
            case .seen(let part):
              killThisProcess { partialSize(besides: path).map { $0 * 100 >= size * part } ?? false }
            case .named:
              killThisProcess {
                guard partialSize(besides: path) != nil else { return false }
                while partialSize(besides: path) != nil {}
                return true
              }
            }
          }))
      }
      if case .writing(let part) = death, from > 0 {
        #expect(partialSize(besides: path) == size * part / 100, "it was not killed while it wrote")
      }
      // The checkpoint is whole, and of a step that the run has been at.
      let saved = try #require(try SavedRun(at: path), "no checkpoint after \(death)")
      step = try #require(saved.notes["step"].flatMap { Int($0) })
      #expect((from...from + 4).contains(step))
    }
    let resumed = try WideWorld().train(steps, keptAt: path)
    #expect(resumed.bits == whole.bits && resumed.records == whole.records && resumed.ending == .complete)
    #expect(try bytes(at: path) == bytes(at: folder.path + "/whole"))
    // What the killed writers left is gone.
    #expect(try Set(FileManager.default.contentsOfDirectory(atPath: folder.path)) == ["run", "whole"])
  }

  @Test func aNewProcessGoesOnToTheSameBytes() async throws {
    let scratch = try ScratchFolder()
    let folder = scratch.path
    let path = folder + "/run"
    let world = try TinyWorld()
    let whole = try world.train(world.plan(6, keptAt: folder + "/whole"))
    let flag = Flag()
    _ = try world.train(
      world.plan(6, keptAt: path),
      RunObserver(isInterrupted: { flag.value }) { event in
        if case .step(let record) = event, record.step == 3 { flag.set() }
      })
    await #expect(processExitsWith: .success) { [path = path as String] in
      let world = try TinyWorld()
      let run = try world.train(world.plan(6, keptAt: path))
      #expect(run.ending == .complete)
    }
    #expect(try bytes(at: path) == bytes(at: folder + "/whole") && whole.records.count == 6)
  }

  /// The system refuses to write more than 1 MB, as on a full disk; later it does not any more.
  @Test func aFullDiskLeavesTheOldCheckpointAndTheRunGoesOn() async throws {
    let scratch = try ScratchFolder()
    let folder = scratch.path
    for isFreedAgain in [false, true] {
      let path = folder + "/run-\(isFreedAgain)"
      await #expect(processExitsWith: .success) {
        [path = path as String, isFreedAgain = isFreedAgain as Bool] in
        signal(SIGXFSZ, SIG_IGN)
        let world = try WideWorld()
        var faults: [CheckpointError] = []
        let run = try world.train(
          6, keptAt: path,
          RunObserver(onEvent: { event in
            switch event {
            case .step(let record):
              if record.step == 3 { limitFiles(to: 1_000_000) }
              if record.step == 5, isFreedAgain { limitFiles(to: rlim_t.max) }
            case .unsaved(let error): faults.append(error)
            default: break
            }
          }))
        limitFiles(to: rlim_t.max)
        #expect(run.records.count == 6 && run.ending == .complete, "the run was lost")
        #expect(faults.count == (isFreedAgain ? 2 : 5))
        #expect(faults.allSatisfy { $0.description.contains("File too large") && $0.description.contains("has room") })
        let saved = try #require(try SavedRun(at: path))
        #expect(saved.notes["step"] == (isFreedAgain ? "6" : "2"))
        #expect(run.checkpoint == (isFreedAgain ? .saved(path: path) : .failed(faults[0])))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).allSatisfy { !$0.hasSuffix(".partial") })
    }
    let whole = try WideWorld().train(6, keptAt: folder + "/whole")
    #expect(try WideWorld().train(6, keptAt: folder + "/run-false").bits == whole.bits)
  }
}
