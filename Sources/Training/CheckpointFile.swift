// A run's file on disk: written every so many steps, and read when the same run is asked for again.

import Checkpoints
import Evaluation
import FoundationEssentials

/// The checkpoint of one run.
struct CheckpointFile {
  private let plan: CheckpointPlan
  private let identity: RunIdentity
  private let groups: [String: [NamedArray]]
  private var records = RecordList<StepRecord>()
  private var evaluations = RecordList<EvaluationRecord>()
  private var written: (records: Int, evaluations: Int)?
  private(set) var state = CheckpointState.none

  /// The file of a run with this identity, whose changing numbers lie in the groups.
  init(_ plan: CheckpointPlan, _ identity: RunIdentity, _ groups: [String: [NamedArray]]) {
    self.plan = plan
    self.identity = identity
    self.groups = groups
  }

  // MARK: Writing

  /// Whether a checkpoint is due after this step.
  func isDue(after step: Int) -> Bool { step % plan.every == 0 }

  /// Writes the state after the last complete step; throws `CheckpointError`, and the file stays as it was.
  mutating func write(_ course: RunCourse, of steps: Int) throws {
    let now = (records: course.records.count, evaluations: course.evaluations.count)
    if let written, written == now { return }
    records.extend(to: course.records)
    evaluations.extend(to: course.evaluations)
    do {
      try RunCheckpoint(
        groups: groups, texts: ["records": records.text, "evaluations": evaluations.text],
        notes: ["identity": identity.text, "step": "\(course.records.count)", "steps": "\(steps)"]
      ).write(to: plan.path)
      written = now
      state = .saved(path: plan.path)
    } catch let error as CheckpointError {
      state = .failed(error)
      throw error
    }
  }

  /// The same for a run that goes on where its state cannot be written: the observer is told why.
  mutating func keep(_ course: RunCourse, of steps: Int, _ observer: RunObserver) {
    do {
      try write(course, of: steps)
    } catch {
      if case .failed(let error) = state { observer.onEvent(.unsaved(error)) }
    }
  }

  // MARK: Reading

  /// Throws `CheckpointError` where the file could not be written.
  func checkPlace() throws(CheckpointError) { try RunCheckpoint.checkPlace(plan.path) }

  /// Puts what is on disk into the groups and gives the course that led there; nil where there is no file.
  ///
  /// A run may be asked for more steps than before, if the learning rates of those that it has taken stay the same; an
  /// examination that only the shorter run has is left out then. Another run that has not taken a step yet counts as no
  /// file. Throws `CheckpointError`, and changes nothing, for a file that is damaged, something else, another run, or
  /// further than the plan.
  mutating func resume(_ run: RunPlan) throws(CheckpointError) -> RunCourse? {
    guard let saved = try SavedRun(at: plan.path) else { return nil }
    func refused(_ why: String, _ fix: String) -> CheckpointError {
      CheckpointError(what: "\(plan.path) cannot be continued", why: why, fix: fix)
    }
    let savedIdentity = saved.notes["identity"] ?? ""
    if saved.notes["step"] == "0", savedIdentity != identity.text { return nil }
    try identity.check(savedAs: savedIdentity, at: plan.path)
    let course = RunCourse(
      records: try RecordList<StepRecord>.decode(saved.text("records"), at: plan.path),
      evaluations: try RecordList<EvaluationRecord>.decode(saved.text("evaluations"), at: plan.path))
    let taken = course.records.count
    guard saved.notes["step"] == "\(taken)", course.records.map(\.step) == Array(1..<taken + 1) else {
      throw refused("its records are not those of \(saved.notes["step"] ?? "no") steps", "remove it and begin anew")
    }
    guard taken <= run.steps else {
      throw refused(
        "it holds \(taken) steps and \(run.steps) are asked for", "ask for \(taken) or more, or name another file")
    }
    if let other = course.records.first(where: { $0.learningRate != run.optimiser.rate(step: $0.step, of: run.steps) })
    {
      throw refused(
        "in a run of \(run.steps) steps the learning rate of step \(other.step) would have been "
          + "\(run.optimiser.rate(step: other.step, of: run.steps)) and not \(other.learningRate), for the schedule is "
          + run.optimiser.schedule.rawValue,
        "ask for \(saved.notes["steps"] ?? "\(taken)") steps as before, or name another file")
    }
    try saved.restore(groups)
    written = (records: taken, evaluations: course.evaluations.count)
    state = .saved(path: plan.path)
    return RunCourse(
      records: course.records, evaluations: course.evaluations.filter { run.isExamined(after: $0.step) })
  }
}

/// Records as lines of JSON; each is encoded once, however often the list is written.
private struct RecordList<Record: Codable> {
  private(set) var text: [UInt8] = []
  private var count = 0

  /// Makes the list hold these records, of which those that it holds already are the first.
  mutating func extend(to records: [Record]) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    for record in records.dropFirst(count) {
      guard let line = try? encoder.encode(record) else { preconditionFailure("\(record) has no JSON form") }
      text += line + [0x0A]
    }
    count = records.count
  }

  /// The records of such a list.
  static func decode(_ text: [UInt8], at path: String) throws(CheckpointError) -> [Record] {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      return try text.split(separator: 0x0A).map { try decoder.decode(Record.self, from: Data($0)) }
    } catch {
      throw CheckpointError(
        what: "\(path) cannot be continued", why: "what was measured in its steps is not what this version measures",
        fix: "continue it with the version that wrote it, or name another file")
    }
  }
}
