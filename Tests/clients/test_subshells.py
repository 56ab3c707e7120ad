"""Subshells: a second cell looks while the first one trains, and neither is the worse for it."""

import pytest

from conftest import PATIENCE, TRAINING

SHORT = 'train(model("base"), on: addition().problems(200, split: .practice, seed: 1), with: .opsd(), steps: 6)'


class Subshells:
    """The subshells of a kernel, asked for as JupyterLab does."""

    def __init__(self, kernel):
        self.kernel = kernel
        self.client = kernel.client

    def control(self, kind, **content):
        self.client.control_channel.send(self.client.session.msg(kind, content))
        while True:
            reply = self.client.get_control_msg(timeout=PATIENCE)
            if reply["header"]["msg_type"] == kind.replace("request", "reply"):
                return reply["content"]

    def create(self):
        return self.control("create_subshell_request")["subshell_id"]

    def begin(self, code, subshell=None, **more):
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
                   "stop_on_error": True, **more}
        message = self.client.session.msg("execute_request", content)
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def finish(self, *requests):
        """Collects what several cells cause until each has been answered and is idle."""
        cells = {request: {"kinds": [], "text": "", "value": None, "reply": None} for request in requests}
        open_cells, unanswered = set(requests), set(requests)
        while open_cells:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            request, kind, content = message["parent_header"].get("msg_id"), message["msg_type"], message["content"]
            if request not in cells:
                continue
            cells[request]["kinds"].append(kind)
            cells[request]["text"] += content["text"] if kind == "stream" else ""
            if kind == "execute_result":
                cells[request]["value"] = content["data"]["text/plain"]
            if content.get("execution_state") == "idle":
                open_cells.discard(request)
        while unanswered:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if (request := reply["parent_header"].get("msg_id")) in unanswered:
                cells[request]["reply"] = reply
                unanswered.discard(request)
        return [cells[request] for request in requests]


@pytest.fixture
def subshells(kernel):
    return Subshells(kernel)


def test_they_are_announced(subshells):
    info = subshells.control("kernel_info_request")
    assert "kernel subshells" in info["supported_features"]


def test_their_life(subshells):
    first, second = subshells.create(), subshells.create()
    assert subshells.control("list_subshell_request")["subshell_id"] == [first, second]
    assert subshells.control("delete_subshell_request", subshell_id=first)["status"] == "ok"
    assert subshells.control("list_subshell_request")["subshell_id"] == [second]
    assert subshells.control("delete_subshell_request", subshell_id=first)["status"] == "error"
    lost, = [subshells.begin("1", first)]
    assert subshells.finish(lost)[0]["reply"]["content"]["ename"] == "UnknownSubshell"


def test_a_second_cell_looks_while_the_first_one_trains(kernel, subshells):
    kernel.run("let scale = 6")
    side = subshells.create()
    training = subshells.begin("let run = " + TRAINING)
    kernel.wait_for(training, "update_display_data")
    look, draw, keep = (subshells.begin(code, side) for code in ("scale * 7", "plot([3, 2, 1])", "let seen = scale + 1"))
    looked, drawn, kept = subshells.finish(look, draw, keep)
    assert looked["value"] == "42"
    assert looked["reply"]["content"]["execution_count"] == 1, "each shell counts its own cells"
    assert looked["reply"]["parent_header"]["subshell_id"] == side
    assert drawn["reply"]["content"]["status"] == kept["reply"]["content"]["status"] == "ok"
    kernel.manager.interrupt_kernel()
    ended, = subshells.finish(training)
    assert ended["reply"]["content"]["status"] in ("ok", "error")
    assert int(kernel.run("run.loss.count").value) > 0, "what the first cell had is kept"
    assert kernel.run("seen").value == "7", "the shells share their variables"


def test_two_trainings_at_once_give_the_bytes_of_one_after_the_other(kernel, subshells):
    alone = kernel.run(SHORT + ".loss").value
    side = subshells.create()
    pair = subshells.finish(subshells.begin(SHORT + ".loss"), subshells.begin(SHORT + ".loss", side))
    assert [cell["value"] for cell in pair] == [alone, alone]


def test_shells_write_the_same_variable_without_harm(subshells):
    first, second = subshells.create(), subshells.create()
    subshells.finish(subshells.begin("var list = [0]\nvar texts = [\"\"]"))
    code = 'for i in 0..<20_000 { list.append(i); texts = ["a", "b"]; list = list.count > 50 ? [1] : list }'
    cells = subshells.finish(subshells.begin(code, first), subshells.begin(code, second))
    assert [cell["reply"]["content"]["status"] for cell in cells] == ["ok", "ok"]
    assert subshells.finish(subshells.begin("texts.count"))[0]["value"] == "2"


def test_an_error_aborts_its_own_shell_only(subshells):
    side = subshells.create()
    requests = [subshells.begin(code, shell) for code, shell in [
        ("for i in 0..<100_000 {}\n1 / 0", side), ("6 * 7", side), ("let fine = 1", None)]]
    failed, aborted, fine = (cell["reply"]["content"] for cell in subshells.finish(*requests))
    assert failed["ename"] == "DivisionByZero"
    assert aborted["ename"] == "Aborted" and aborted["execution_count"] == 1
    assert fine["status"] == "ok"


def test_an_error_aborts_nothing_where_it_is_expected(subshells):
    side = subshells.create()
    requests = [subshells.begin("1 / 0", side, stop_on_error=False), subshells.begin("6 * 7", side)]
    assert subshells.finish(*requests)[1]["value"] == "42"


def test_displays_of_two_shells_are_told_apart(kernel, subshells):
    side = subshells.create()
    requests = [subshells.begin("_ = " + SHORT), subshells.begin("_ = " + SHORT, side)]
    shown = {request: set() for request in requests}
    idle = set()
    while len(idle) < 2:
        message = kernel.client.get_iopub_msg(timeout=PATIENCE)
        request = message["parent_header"].get("msg_id")
        if request not in shown:
            continue
        if message["msg_type"] == "display_data":
            shown[request].add(message["content"]["transient"]["display_id"])
        if message["content"].get("execution_state") == "idle":
            idle.add(request)
    one, two = shown.values()
    assert one and two and not one & two


def test_shutdown_with_subshells_at_work(kernel, subshells):
    side = subshells.create()
    for shell in (None, side):
        kernel.wait_for(subshells.begin("while true {}", shell), "execute_input")
    kernel.client.shutdown()
    assert kernel.wait_for_exit() == 0
