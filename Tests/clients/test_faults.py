"""Whatever a person types: a clear error that names the fault, and a kernel that goes on."""

import pytest

ADDITION = "addition().problems(20, seed: 1)"

FAULTS = [
    ('trane(model("base"))', "UnknownName", "trane"),
    (f'train(model("base"), on: {ADDITION}, stepz: 3)', "UnknownLabel", "steps:"),
    (f'train(model("base"), on: {ADDITION}, steps: -3)', "OutOfRange", "-3"),
    (f'train(model("base"), on: {ADDITION}, steps: 0)', "OutOfRange", "steps:"),
    (f'train(model("base"), on: {ADDITION}, learningRate: -1)', "OutOfRange", "learningRate:"),
    ('train(model("base"), on: 5)', "TypeMismatch", "Problems"),
    ('model("nowhere/at/all")', "CommandFailed", "nowhere/at/all"),
    (f'model("base").rollout({ADDITION}[0], maxTokens: 0)', "OutOfRange", "maxTokens:"),
    (f'model("base").rollout({ADDITION}[0], temperature: -1)', "OutOfRange", "temperature:"),
    ("addition().problems(20, split: .heldOutt)", "UnknownCase", ".heldOut"),
    ("addition().problems(0)", "OutOfRange", "count"),
    ("addition(digits: 4...2)", "OutOfRange", "4"),
    ("model(layers: 0)", "OutOfRange", "layers:"),
    ('model("base").wieghts', "UnknownMember", "wieghts"),
    ("let a = [1, 2]; a[7]", "OutOfRange", "7"),
    ("1 / 0", "DivisionByZero", "zero"),
    ("9_223_372_036_854_775_807 + 1", "Overflow", "+"),
    ("func f(_ n: Int) -> Int { return f(n + 1) }\nf(0)", "RecursionTooDeep", "512"),
    ("class Student {}", "SyntaxError", "class"),
    ("import Foundation", "SyntaxError", "import"),
    ("let x =", "SyntaxError", "value"),
    ('print("no end', "SyntaxError", "1"),
    ("6 * * 7", "SyntaxError", "*"),
    ("\0", "SyntaxError", "1"),
]


@pytest.mark.parametrize("code,name,word", FAULTS, ids=[code.split("\n")[0][:40] for code, _, _ in FAULTS])
def test_fault_is_named_and_the_kernel_goes_on(shared, code, name, word):
    cell = shared.run(code)
    assert cell.reply["status"] == "error"
    assert cell.reply["ename"] == name
    assert word in cell.error
    assert "^" in cell.error, "the place is drawn with a caret"
    assert cell.reply["ename"] == cell.contents("error")[0]["ename"]
    assert shared.run("6 * 7").value == "42"


@pytest.mark.parametrize("bracket", ["(", "[", "{", "!", "-", "f(", "{ in ", "x.y[", "a ? b : ", '"\\('])
def test_deep_nesting_is_refused(shared, bracket):
    cell = shared.run(bracket * 10_000)
    assert cell.reply["status"] == "error"
    assert len(cell.error) < 100_000
    assert shared.run("6 * 7").value == "42"


def test_balanced_nesting_is_refused_or_computed(shared):
    cell = shared.run("(" * 10_000 + "7" + ")" * 10_000)
    assert cell.reply["status"] == "ok" and cell.value == "7" or "deep" in cell.error
    assert shared.run("6 * 7").value == "42"


def test_long_chain_of_operators(shared):
    cell = shared.run("1" + " + 1" * 100_000)
    assert cell.reply["status"] == "ok" and cell.value == "100001" or cell.error
    assert shared.run("6 * 7").value == "42"


def test_cell_of_ten_megabytes(shared):
    line = "let x = 1 // a comment that makes the cell long\n"
    cell = shared.run(line * (10_000_000 // len(line)) + "6 * 7")
    # A variable that is declared again is fine or an error; the answer is one or the other, never silence.
    assert cell.reply["status"] == "ok" and cell.value == "42" or cell.error
    assert shared.run("6 * 7").value == "42"


def test_string_of_ten_megabytes(shared):
    cell = shared.run('let text = "' + "a" * 10_000_000 + '"\ntext.count')
    assert cell.reply["status"] == "ok" and cell.value == "10000000" or cell.error
    assert shared.run("6 * 7").value == "42"


def test_error_stops_the_cells_behind_it(kernel):
    requests = [kernel.begin(code) for code in ["1 / 0", "let never = 1", "let neither = 2"]]
    cells = [kernel.finish(request) for request in requests]
    assert [cell.reply["status"] for cell in cells][0] == "error"
    assert all(cell.reply["status"] in ("error", "aborted") for cell in cells)
    assert "never" in kernel.run("never").error


def test_error_does_not_stop_others_when_asked_not_to(kernel):
    requests = [kernel.begin(code, stop_on_error=False) for code in ["1 / 0", "6 * 7"]]
    cells = [kernel.finish(request) for request in requests]
    assert cells[0].reply["status"] == "error"
    assert cells[1].value == "42"
