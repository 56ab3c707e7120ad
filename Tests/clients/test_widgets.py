"""Sliders and selectors, as a front end with widgets speaks to them; what they are made of is held against ipywidgets."""

import ipywidgets
import pytest

from conftest import PATIENCE

VIEW = "application/vnd.jupyter.widget-view+json"


class Front:
    """The widgets that a front end has heard of, and what it can do with them."""

    def __init__(self, kernel):
        self.kernel, self.client = kernel, kernel.client

    def run(self, code):
        """Runs a cell; gives the states of the widgets that it opened, by their names, and its displays."""
        cell = self.kernel.run(code)
        assert cell.reply["status"] == "ok", cell.error
        opened = [m for m in cell.messages if m["msg_type"] == "comm_open"]
        assert all(m["content"]["target_name"] == "jupyter.widget" and m["metadata"] == {"version": "2.1.0"} for m in opened)
        states = {m["content"]["comm_id"]: m["content"]["data"]["state"] for m in opened}
        return states, [m["content"] for m in cell.messages if m["msg_type"] == "display_data"]

    def send(self, kind, **content):
        """Sends a comm message; gives what the kernel says until it is idle again."""
        message = self.client.session.msg(kind, content)
        self.client.shell_channel.send(message)
        heard = []
        while True:
            answer = self.client.get_iopub_msg(timeout=PATIENCE)
            if answer["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if answer["content"].get("execution_state") == "idle":
                return heard
            if answer["msg_type"] != "status":
                heard.append(answer)

    def set(self, widget, **state):
        return self.send("comm_msg", comm_id=widget, data={"method": "update", "state": state, "buffer_paths": []})


@pytest.fixture
def front(shared):
    return Front(shared)


def named(states, name):
    return [(key, state) for key, state in states.items() if state["_model_name"] == name]


def shown(messages):
    return [m["content"]["data"]["text/plain"] for m in messages if m["msg_type"] == "update_display_data"]


def methods(messages):
    return [m["content"]["data"]["method"] for m in messages if m["msg_type"] == "comm_msg"]


@pytest.mark.parametrize("code, widget", [
    ("slider(0...1) { beta in beta }", ipywidgets.FloatSlider),
    ("slider(0...9) { n in n }", ipywidgets.IntSlider),
    ('selector(["a", "b"]) { which in which }', ipywidgets.Dropdown),
    ("toggle { isOn in isOn }", ipywidgets.Checkbox),
    ("explore(slider(0...1), toggle()) { a, b in a }", ipywidgets.VBox),
])
def test_models_have_the_members_that_ipywidgets_gives_them(front, code, widget):
    states, displays = front.run(code)
    model = widget()
    expected = model.get_state()
    (name, state), = named(states, expected["_model_name"])
    assert set(state) == set(expected)
    fixed = [key for key in expected if key.startswith(("_model", "_view"))]
    assert {key: state[key] for key in fixed} == {key: expected[key] for key in fixed}
    assert displays[0]["data"][VIEW] == {"model_id": name, "version_major": 2, "version_minor": 0}
    for part in ("layout", "style"):
        if part in expected:
            reference = state[part].removeprefix("IPY_MODEL_")
            assert list(states).index(reference) < list(states).index(name), "children are opened first"
            known = getattr(model, part).get_state()
            assert all(states[reference][key] == known[key] for key in known if key.startswith(("_model", "_view")))
            assert set(states[reference]) <= set(known)


def test_a_slider_that_is_moved_moves_what_stands_under_it(front):
    states, displays = front.run('slider(0...1, value: 0.25) { beta in print("is"); return 2 * beta }')
    (name, state), = named(states, "FloatSliderModel")
    assert (state["min"], state["max"], state["value"], state["description"]) == (0, 1, 0.25, "beta")
    assert displays[0]["data"]["text/plain"].startswith("beta = 0.25: a slider from 0 to 1")
    assert displays[1]["data"]["text/plain"] == "is\n\n0.5"
    heard = front.set(name, value=0.75)
    assert methods(heard) == ["echo_update"]
    updates = [m["content"] for m in heard if m["msg_type"] == "update_display_data"]
    assert [(u["data"]["text/plain"], u["transient"]) for u in updates] == [("is\n\n1.5", displays[1]["transient"])]
    assert shown(front.set(name, value=0.75)) == [], "nothing has changed"


def test_what_cannot_be_set_is_set_back(front):
    states, _ = front.run("slider(0...9, value: 4) { n in n }")
    (name, _), = named(states, "IntSliderModel")
    for wrong in (99, "x", None, 1.5, {}, True):
        heard = front.set(name, value=wrong)
        assert [m["content"]["data"]["state"] for m in heard if m["msg_type"] == "comm_msg"] == [{"value": 4}]
        assert methods(heard) == ["update"] and shown(heard) == []
    assert shown(front.set(name, value=5)) == ["5"]


def test_an_error_stands_where_the_result_would_and_the_slider_goes_on(front):
    states, displays = front.run("slider(0...9, value: 4) { n in 12 / n }")
    (name, _), = named(states, "IntSliderModel")
    assert displays[1]["data"]["text/plain"] == "3"
    failed, = shown(front.set(name, value=0))
    assert "division by zero" in failed.lower() and "12 / n" in failed
    assert shown(front.set(name, value=6)) == ["2"]


def test_several_controls_have_one_result(front):
    states, displays = front.run('explore(selector(["a", "b"]), slider(1...5), toggle()) { s, n, isOn in "\\(s) \\(n) \\(isOn)" }')
    selector, slider, box = (named(states, m)[0][0] for m in ("DropdownModel", "IntSliderModel", "CheckboxModel"))
    assert displays[1]["data"]["text/plain"] == "a 3 false"
    assert shown(front.set(selector, index=1)) == ["b 3 false"]
    assert shown(front.set(slider, value=5)) == ["b 5 false"]
    assert shown(front.set(box, value=True)) == ["b 5 true"]
    (_, column), = named(states, "VBoxModel")
    assert column["children"] == [f"IPY_MODEL_{w}" for w in (selector, slider, box)]


def test_a_page_that_is_reloaded_gets_every_widget_back_as_it_stands(front):
    states, _ = front.run("slider(0...9, value: 4) { n in n }")
    (name, _), = named(states, "IntSliderModel")
    front.set(name, value=7)
    front.send("comm_open", comm_id="control", target_name="jupyter.widget.control", data={})
    answer, = front.send("comm_msg", comm_id="control", data={"method": "request_states"})
    data = answer["content"]["data"]
    assert data["method"] == "update_states" and set(states) <= set(data["states"])
    assert data["states"][name]["state"] == {**states[name], "value": 7}
    assert data["states"][name]["model_name"] == "IntSliderModel"
    front.send("comm_close", comm_id="control", data={})
    answer, = front.send("comm_msg", comm_id=name, data={"method": "request_state"})
    assert answer["content"]["data"] == {"method": "update", "state": {**states[name], "value": 7}, "buffer_paths": []}


def test_the_same_cell_leaves_the_same_bytes(kernel):
    front = Front(kernel)
    code = "slider(0...1) { beta in beta }"
    first = front.run(code)
    kernel.client.stop_channels()
    kernel.manager.restart_kernel(now=True)
    kernel.client = front.client = kernel.manager.client()
    kernel.client.start_channels()
    kernel.client.wait_for_ready(timeout=PATIENCE)
    assert front.run(code) == first


def test_cells_that_share_a_number_have_widgets_of_their_own(kernel):
    front = Front(kernel)
    states = {}
    for word in ("first", "second"):
        cell = kernel.run(f'slider(0...9) {{ n in "{word} \\(n)" }}', store_history=False)
        opened = [m["content"] for m in cell.messages if m["msg_type"] == "comm_open"]
        states[word] = next(c["comm_id"] for c in opened if c["data"]["state"]["_model_name"] == "IntSliderModel")
    assert shown(front.set(states["first"], value=3)) == ["first 3"]
    assert shown(front.set(states["second"], value=2)) == ["second 2"]


def test_a_panel_of_which_one_control_is_closed_is_closed(kernel):
    front = Front(kernel)
    states, _ = front.run("explore(slider(0...9), slider(0...9)) { a, b in a * b }")
    closed = front.send("comm_close", comm_id=named(states, "IntSliderModel")[0][0], data={})
    assert {m["content"]["comm_id"] for m in closed} == set(states) - {named(states, "IntSliderModel")[0][0]}
    front.send("comm_open", comm_id="control", target_name="jupyter.widget.control", data={})
    answer, = front.send("comm_msg", comm_id="control", data={"method": "request_states"})
    assert answer["content"]["data"]["states"] == {}


def test_what_is_printed_under_a_slider_is_cut_at_a_mebibyte(kernel):
    front = Front(kernel)
    _, displays = front.run('slider(0...9) { n in for _ in 0..<30_000 { print(String(repeating: "x", count: 99)) } }')
    text = displays[1]["data"]["text/plain"]
    assert 1 << 20 <= len(text) < (1 << 20) + 200 and text.endswith("the rest is not shown …")


def test_old_panels_are_closed(kernel):
    front = Front(kernel)
    first, _ = front.run("slider(0...1) { beta in beta }")
    cell = kernel.run("for _ in 0..<256 { slider(0...1) { beta in beta } }")
    closed = [m["content"]["comm_id"] for m in cell.messages if m["msg_type"] == "comm_close"]
    assert closed == list(first)
    assert [c["text"] for c in cell.contents("stream") if c["name"] == "stderr"] == [
        "Controls of earlier cells no longer move: at most 256 panels of controls are kept.\n"]


def test_what_follows_a_slider_can_be_interrupted(kernel):
    front = Front(kernel)
    states, _ = front.run("slider(0...9, value: 0) { n in while n > 0 {}; return n }")
    (name, _), = named(states, "IntSliderModel")
    message = kernel.client.session.msg(
        "comm_msg", {"comm_id": name, "data": {"method": "update", "state": {"value": 1}, "buffer_paths": []}})
    kernel.client.shell_channel.send(message)
    while True:
        heard = kernel.client.get_iopub_msg(timeout=PATIENCE)
        if heard["msg_type"] == "comm_msg":
            break
    kernel.manager.interrupt_kernel()
    while True:
        heard = kernel.client.get_iopub_msg(timeout=PATIENCE)
        if heard["msg_type"] == "update_display_data":
            break
    assert "interrupted" in heard["content"]["data"]["text/plain"].lower()
    assert kernel.run("1 + 1").value == "2"


def test_a_slider_moves_while_a_cell_trains(kernel):
    """JupyterLab gives the comms of widgets a subshell of their own."""
    front = Front(kernel)
    states, _ = front.run("slider(0...9, value: 4) { n in n }")
    (name, _), = named(states, "IntSliderModel")
    message = kernel.client.session.msg("create_subshell_request", {})
    kernel.client.control_channel.send(message)
    subshell = kernel.client.get_control_msg(timeout=PATIENCE)["content"]["subshell_id"]
    endless = kernel.begin("while true {}")
    kernel.wait_until_running(endless)
    message = kernel.client.session.msg(
        "comm_msg", {"comm_id": name, "data": {"method": "update", "state": {"value": 9}, "buffer_paths": []}})
    message["header"]["subshell_id"] = subshell
    kernel.client.shell_channel.send(message)
    while True:
        heard = kernel.client.get_iopub_msg(timeout=PATIENCE)
        if heard["msg_type"] == "update_display_data":
            break
    assert heard["content"]["data"]["text/plain"] == "9"
    kernel.manager.interrupt_kernel()
    assert kernel.finish(endless).reply["ename"] == "Interrupted"
