"""Every message against the protocol's own schema, in the hard cases that kernels get wrong."""

import pytest
from jupyter_kernel_test.msgspec_v5 import validate_message

from conftest import PATIENCE

PRELUDE = 'let mark = 6\nfunc twice(_ n: Int) -> Int { return 2 * n }'


class Talk:
    """A conversation in which every message is checked as it comes."""

    def __init__(self, kernel):
        self.client = kernel.client

    def send(self, kind, content=None, channel="shell"):
        message = self.client.session.msg(kind, content or {})
        getattr(self.client, f"{channel}_channel").send(message)
        return message["header"]["msg_id"]

    def reply(self, request, channel="shell"):
        while True:
            message = getattr(self.client, f"get_{channel}_msg")(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") == request:
                validate_message(message, message["msg_type"], request)
                return message["content"]

    def outputs(self, request):
        """What is broadcast for a request, from its busy to its idle."""
        found = []
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != request:
                continue
            if not message["msg_type"].startswith("comm_"):
                validate_message(message, message["msg_type"], request)
            found.append((message["msg_type"], message["content"]))
            if message["content"].get("execution_state") == "idle":
                assert found[0] == ("status", {"execution_state": "busy"})
                return found[1:-1]

    def ask(self, kind, content=None, channel="shell"):
        request = self.send(kind, content, channel)
        return self.reply(request, channel), self.outputs(request)

    def execute(self, code, **more):
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
                   "stop_on_error": True, **more}
        return self.ask("execute_request", content)


@pytest.fixture(scope="module")
def talk(shared):
    shared.run(PRELUDE)
    return Talk(shared)


def test_a_cell_announces_itself_and_counts(talk):
    reply, outputs = talk.execute('print("x")\nmark')
    assert [kind for kind, _ in outputs] == ["execute_input", "stream", "execute_result"]
    count = reply["execution_count"]
    assert outputs[0][1]["execution_count"] == outputs[2][1]["execution_count"] == count
    assert talk.execute("mark")[0]["execution_count"] == count + 1


@pytest.mark.parametrize("options", [{"silent": True}, {"store_history": False}, {"silent": True, "store_history": True}])
def test_cells_that_do_not_count(talk, options):
    count = talk.execute("mark")[0]["execution_count"]
    reply, outputs = talk.execute('print("x")\nmark', **options)
    assert reply["execution_count"] == count
    kinds = [kind for kind, _ in outputs]
    assert kinds == (["stream"] if options.get("silent") else ["execute_input", "stream", "execute_result"])
    reply, outputs = talk.execute("1 / 0", **options)
    assert reply["status"] == "error" and reply["execution_count"] == count


def test_errors_are_told_once(talk):
    reply, outputs = talk.execute("1 / 0")
    errors = [content for kind, content in outputs if kind == "error"]
    assert len(errors) == 1 and errors[0]["ename"] == reply["ename"] and errors[0]["traceback"] == reply["traceback"]
    assert [kind for kind, _ in outputs] == ["execute_input", "error"]


def test_user_expressions(talk):
    reply, _ = talk.execute("", user_expressions={"a": "twice(mark)", "b": "nothing", "c": "1 / 0", "d": '"é"'})
    values = reply["user_expressions"]
    assert values["a"]["data"]["text/plain"] == "12" and values["d"]["data"]["text/plain"] == "é"
    assert values["b"]["status"] == values["c"]["status"] == "error"
    assert values["b"]["ename"] == "UnknownName" and values["c"]["traceback"]


@pytest.mark.parametrize("wait", ["false", "true"])
def test_clear_output(talk, wait):
    _, outputs = talk.execute(f'print("before")\nclearOutput(wait: {wait})\nprint("after")')
    assert [kind for kind, _ in outputs] == ["execute_input", "stream", "clear_output", "stream"]
    assert outputs[2][1] == {"wait": wait == "true"}


def test_a_warning_goes_to_standard_error_and_the_cell_goes_on(talk):
    reply, outputs = talk.execute("let unused = 1\nunused + 1\nunused")
    assert reply["status"] == "ok"
    streams = [content for kind, content in outputs if kind == "stream"]
    assert [stream["name"] for stream in streams] == ["stderr"]
    assert streams[0]["text"].startswith("warning: ") and "2 | unused + 1" in streams[0]["text"]
    assert outputs[-1][0] == "execute_result"


@pytest.mark.parametrize("code,cursor,match", [
    ("twi", 3, "twice"), ("é twi", 5, "twice"), ("\U0001f600 = twi", 7, "twice"), ("twice(mar", 9, "mark"),
    ('let é = model("ba', 17, "base"),
])
def test_completion_counts_code_points(talk, code, cursor, match):
    reply, _ = talk.ask("complete_request", {"code": code, "cursor_pos": cursor})
    assert match in reply["matches"]
    assert reply["cursor_end"] == cursor
    assert match.startswith(code[reply["cursor_start"]:cursor])


@pytest.mark.parametrize("detail", [0, 1])
def test_inspection(talk, detail):
    reply, _ = talk.ask("inspect_request", {"code": "twice", "cursor_pos": 2, "detail_level": detail})
    assert reply["found"] and "twice" in reply["data"]["text/plain"]
    reply, _ = talk.ask("inspect_request", {"code": "nowhere", "cursor_pos": 2, "detail_level": detail})
    assert reply["found"] is False and reply["data"] == {}


@pytest.mark.parametrize("kind,content", [
    ("kernel_info_request", {}), ("connect_request", {}), ("comm_info_request", {}),
    ("is_complete_request", {"code": "if true {"}), ("history_request", {"hist_access_type": "tail", "n": 3, "raw": True, "output": True}),
])
@pytest.mark.parametrize("channel", ["shell", "control"])
def test_questions_on_both_channels(talk, kind, content, channel):
    reply, outputs = talk.ask(kind, content, channel)
    assert reply["status"] in ("ok", "incomplete") and not outputs


def test_an_unknown_request_is_busy_and_idle(talk):
    request = talk.send("frobnicate_request")
    assert talk.outputs(request) == []
    assert talk.execute("mark")[0]["status"] == "ok"


@pytest.mark.parametrize("kind,content", [
    ("execute_request", {}), ("execute_request", {"code": 7}), ("complete_request", {}), ("inspect_request", {"code": []}),
    ("history_request", {"hist_access_type": "sideways"}), ("is_complete_request", {"code": None}),
])
def test_a_request_that_makes_no_sense_is_answered(talk, kind, content):
    request = talk.send(kind, content)
    talk.outputs(request)
    while (reply := talk.client.get_shell_msg(timeout=PATIENCE))["parent_header"].get("msg_id") != request:
        pass
    assert reply["content"]["status"] == "error" and reply["content"]["ename"] == "InvalidRequest"
    assert talk.execute("mark")[0]["status"] == "ok"


def test_a_comm_of_unknown_target_is_closed(talk):
    request = talk.send("comm_open", {"comm_id": "c1", "target_name": "nobody", "data": {}})
    assert talk.outputs(request) == [("comm_close", {"comm_id": "c1", "data": {}})]
    assert talk.ask("comm_info_request")[0]["comms"] == {}
    for kind in ("comm_msg", "comm_close"):
        assert talk.outputs(talk.send(kind, {"comm_id": "c1", "data": {}})) == []


def test_queued_cells_run_in_order_and_each_ends_before_the_next_begins(talk):
    codes = [f"print({number})" for number in range(20)]
    requests = [talk.send("execute_request", {"code": code}) for code in codes]
    seen = []
    while len(seen) < 60:
        message = talk.client.get_iopub_msg(timeout=PATIENCE)
        if (request := message["parent_header"].get("msg_id")) in requests:
            kind = message["content"].get("execution_state") or message["msg_type"]
            if kind != "execute_input":
                seen.append((requests.index(request), kind))
    assert seen == [(number, kind) for number in range(20) for kind in ("busy", "stream", "idle")]


def test_an_interrupt_during_input_ends_it(kernel):
    request = kernel.begin('let name = input("name? ")', allow_stdin=True)
    assert kernel.client.get_stdin_msg(timeout=PATIENCE)["content"]["prompt"] == "name? "
    kernel.manager.interrupt_kernel()
    assert kernel.finish(request).reply["status"] == "error"
    request = kernel.begin('input("again? ") + "!"', allow_stdin=True)
    kernel.client.get_stdin_msg(timeout=PATIENCE)
    kernel.client.input("Ada")
    assert kernel.finish(request).value == "Ada!"


def test_a_password_is_asked_for_as_one(kernel):
    request = kernel.begin('input("word? ", password: true).count', allow_stdin=True)
    assert kernel.client.get_stdin_msg(timeout=PATIENCE)["content"] == {"prompt": "word? ", "password": True}
    kernel.client.input("secret")
    assert kernel.finish(request).value == "6"


def test_a_kernel_has_a_session_of_its_own(kernel):
    replies = [kernel.client.kernel_info(reply=True, timeout=PATIENCE) for _ in range(2)]
    sessions = {reply["header"]["session"] for reply in replies}
    assert len(sessions) == 1 and sessions != {kernel.client.session.session}
    assert replies[0]["parent_header"]["session"] == kernel.client.session.session
