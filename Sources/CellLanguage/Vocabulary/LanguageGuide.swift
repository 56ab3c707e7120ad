// The language in one page: what of Swift is in it. A test runs every cell of it.

/// The page that help and the reference show on the language.
enum LanguageGuide {
  static let markdown = #"""
    Cells are written in a part of Swift. The value of a cell's last line is shown; names live on
    from cell to cell; values never change behind another name.

    ```swift
    let rate = 0.5                       // a constant
    var steps = 10                       // a variable
    steps += 5
    var texts = ["a", "b"]               // arrays, dictionaries, tuples
    texts.append("c")
    let sizes = ["small": 1, "large": 9]
    let point = (across: 3, down: 4)
    print(texts[0], texts[1...], sizes["small"]!, point.across, texts.count)
    ```

    A whole number stands where a real one is wanted. Overflow, division by zero and an index that
    is out of range are errors with a caret.

    ```swift
    let text = "after \(steps) steps: \(steps > 10 ? "many" : "few")"
    let lines = """
      A string of several lines;
      its indentation is that of the closing quotes.
      """
    print(text.count, lines.uppercased(), 7 / 2, 7.0 / 2, 7 % 2)
    ```

    ```swift
    func square(_ x: Double) -> Double { x * x }
    let area = square(3) + [1.0, 2.0].map { square($0) }.reduce(0, +)
    for (index, text) in texts.enumerated() where index > 0 { print(index, text) }
    for seed in 1...3 { print(seed, terminator: " ") }
    while steps > 12 { steps -= 1 }
    let size = if steps > 5 { "large" } else { "small" }
    ```

    What may be missing is `nil`.

    ```swift
    let number = Int("42") ?? 0
    if let missing = Int("forty-two") { print(missing) } else { print("no number") }
    func half(_ n: Int) -> Any {
      guard n % 2 == 0 else { return nil }
      return n / 2
    }
    ```

    Vectors are numbers with arithmetic element by element.

    ```swift
    let p = vector([0.2, 0.3, 0.5])
    let q = softmax(vector([1, 2, 3]))
    print(p.count, p[1], 2 * p - 1, sum(p * log(p / q)), p.argmax()!)
    p.map { $0 * $0 }
    ```

    Arguments of commands have labels, which may stand in any order; the case of a setting is
    written with a dot in front, as `.opsd(rollouts: 8)`.

    Left out of Swift: types of one's own (`struct`, `class`, `enum`, `protocol`), generics, imports,
    `switch`, errors that are caught, `async`, and arguments that are passed with `&`.
    """#
}
