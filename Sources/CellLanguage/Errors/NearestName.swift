// Did you mean: the closest of the names that would have been right.

/// The search for a name that was meant.
package enum NearestName {
  /// The closest candidate, if it is close enough to have been meant.
  package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars.prefix(64))
    let limit = wanted.count < 2 ? 0 : max(1, wanted.count / 3)
    var best: (name: String, distance: Int)?
    for candidate in candidates where candidate != name {
      let scalars = Array(candidate.lowercased().unicodeScalars.prefix(64))
      guard abs(scalars.count - wanted.count) <= limit else { continue }
      let distance = distance(wanted, scalars)
      if distance <= limit, best.map({ (distance, candidate) < ($0.distance, $0.name) }) ?? true {
        best = (candidate, distance)
      }
    }
    return best?.name
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn one name into the other.
  static func distance(_ first: [Unicode.Scalar], _ second: [Unicode.Scalar]) -> Int {
    var earlier: [Int] = []
    var previous = Array(0...second.count)
    for row in first.indices {
      var current = [row + 1]
      for column in second.indices {
        var best = min(previous[column + 1], current[column]) + 1
        best = min(best, previous[column] + (first[row] == second[column] ? 0 : 1))
        if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
          best = min(best, earlier[column - 1] + 1)
        }
        current.append(best)
      }
      earlier = previous
      previous = current
    }
    return previous[second.count]
  }
}
