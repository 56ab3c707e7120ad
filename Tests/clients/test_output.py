"""Much output: none of it is lost, all of it before the cell is idle."""

from collections import Counter

from conftest import TRAINING


def test_ten_thousand_lines_before_idle(shared):
    cell = shared.run('for i in 0..<10_000 { print("line", i) }')
    assert cell.out == "".join(f"line {i}\n" for i in range(10_000))
    assert len(cell.contents("stream")) < 1000, "lines are joined, so that no front end drops them"


def test_fifty_megabytes(shared):
    cell = shared.run("for i in 0..<1000 { print(block) }".replace("block", '"' + "0123456789" * 5000 + '"'))
    assert cell.reply["status"] == "ok", cell.error
    assert cell.out == ("0123456789" * 5000 + "\n") * 1000


def test_an_interrupted_flood_is_a_beginning_of_the_whole(kernel):
    """Fifty times as much as the kernel keeps for a slow reader: the interrupt does not wait for it to be read."""
    request = kernel.begin('for i in 0..<1_000_000 { print(i, "' + "0123456789" * 9 + '") }')
    kernel.wait_for_output(request)
    kernel.manager.interrupt_kernel()
    cell = kernel.finish(request)
    assert cell.reply["ename"] == "Interrupted"
    numbers = [int(line.split()[0]) for line in cell.out.splitlines()]
    assert 0 < len(numbers) < 1_000_000
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "nothing is lost, nothing changes places"
    assert kernel.run("6 * 7").value == "42"


def test_streams_keep_their_order_beside_displays(shared):
    cell = shared.run('print("a"); show(1); print("b"); printError("c"); show(2); print("d")')
    seen = []
    for message in cell.messages:
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "stream":
            seen.append((content["name"], content["text"]))
        if kind == "display_data":
            seen.append(("display", content["data"]["text/plain"]))
    assert seen == [
        ("stdout", "a\n"), ("display", "1"), ("stdout", "b\n"), ("stderr", "c\n"), ("display", "2"), ("stdout", "d\n"),
    ]


def test_busy_first_idle_last(shared):
    cell = shared.run("print(1)\n6 * 7")
    kinds = [m["header"]["msg_type"] for m in cell.messages]
    assert kinds[:2] == ["status", "execute_input"]
    assert kinds[-1] == "status"
    assert Counter(c["execution_state"] for c in cell.contents("status")) == {"busy": 1, "idle": 1}


def test_silent_cell_says_nothing_and_counts_nothing(shared):
    before = shared.run("1").reply["execution_count"]
    cell = shared.run("6 * 7", silent=True)
    assert not cell.contents("execute_input") and not cell.value
    assert shared.run("1").reply["execution_count"] == before + 1


def test_user_expressions(shared):
    reply = shared.run("let mark = 6", user_expressions={"good": "mark * 7", "bad": "mark / 0"}).reply
    assert reply["user_expressions"]["good"]["data"]["text/plain"] == "42"
    assert reply["user_expressions"]["bad"]["ename"] == "DivisionByZero"


def test_asking_the_reader(shared):
    request = shared.begin('let answer = input("Your name? ")\nprint("hello", answer)', allow_stdin=True)
    question = shared.client.get_stdin_msg(timeout=60)
    assert question["content"] == {"prompt": "Your name? ", "password": False}
    shared.client.input("Ada")
    assert shared.finish(request).out == "hello Ada\n"


def test_asking_a_front_end_that_cannot(shared):
    assert shared.run('input("Your name? ")', allow_stdin=False).reply["status"] == "error"


def test_progress_of_training_is_one_display_that_updates(shared):
    request = shared.begin("_ = " + TRAINING)
    seen = shared.wait_for(request, "update_display_data")
    shared.manager.interrupt_kernel()
    cell = shared.finish(request)
    identifiers = {"display_data": set(), "update_display_data": set()}
    for message in seen + cell.messages:
        if message["header"]["msg_type"] in identifiers:
            identifiers[message["header"]["msg_type"]].add(message["content"]["transient"]["display_id"])
    shown, updated = identifiers.values()
    assert updated and updated <= shown


def test_every_display_has_a_plain_twin_and_no_figure_stands_alone(shared):
    cells = ["model(\"base\")", "addition()", "addition().problems(5, seed: 1)", "plot([3, 2, 1])", "help()", "help(train)",
             "model(\"base\").rollout(addition().problems(5, seed: 1)[0], seed: 1)"]
    for code in cells:
        cell = shared.run(code)
        assert cell.reply["status"] == "ok", cell.error
        bundles = [c["data"] for kind in ("execute_result", "display_data") for c in cell.contents(kind)]
        assert bundles, code
        for data in bundles:
            assert data["text/plain"].strip(), code
            assert "image/svg+xml" not in data or "image/png" in data, code
