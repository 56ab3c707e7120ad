"""History: it outlives the kernel, is private, and survives whatever happens to its place."""

import os
import signal
import sqlite3
import stat
from pathlib import Path

import pytest

from conftest import Kernel, NAME, PATIENCE


def history(kernel, **request):
    """The rows of a history_reply."""
    options = {"raw": True, "output": False, "hist_access_type": "tail", **request}
    asked = kernel.client.history(**options)
    while True:
        reply = kernel.client.get_shell_msg(timeout=PATIENCE)
        if reply["parent_header"].get("msg_id") == asked:
            return reply["content"]["history"]


def place(monkeypatch, folder):
    """Has kernels keep their data in that folder; gives the file of the history."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(folder))
    return Path(folder) / NAME / "history.sqlite"


def test_it_outlives_the_kernel(monkeypatch, tmp_path):
    file = place(monkeypatch, tmp_path)
    for number in (1, 2):
        kernel = Kernel()
        try:
            kernel.run(f"let x = {number}\nx * 100")
            rows = history(kernel, n=10, output=True)
            assert [row[2] for row in rows] == [[f"let x = {n}\nx * 100", f"{n * 100}"] for n in range(1, number + 1)]
            assert len({row[0] for row in rows}) == number, "each kernel is a session"
            if number == 2:
                assert history(kernel, hist_access_type="range", session=-1, start=1)[0][2].startswith("let x = 1")
                assert history(kernel, hist_access_type="range", session=0, start=1)[0][2].startswith("let x = 2")
        finally:
            kernel.close()
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(file.parent).st_mode) == 0o700


@pytest.mark.parametrize("how", ["shutdown", "SIGTERM", "shutdown while a cell runs"])
def test_the_last_cell_is_never_lost(monkeypatch, tmp_path, how):
    file = place(monkeypatch, tmp_path)
    kernel = Kernel()
    try:
        for number in range(20):
            kernel.run(f"let last = {number}")
        if "runs" in how:
            kernel.wait_until_running(kernel.begin("while true {}"))
        if how == "SIGTERM":
            kernel.process.send_signal(signal.SIGTERM)
        else:
            kernel.client.shutdown()
        kernel.wait_for_exit()
    finally:
        kernel.close()
    rows = [row[0] for row in sqlite3.connect(file).execute("SELECT input FROM cells ORDER BY line")]
    assert rows[:20] == [f"let last = {number}" for number in range(20)]
    assert rows[20:] == (["while true {}"] if "runs" in how else [])


def test_two_kernels_share_it(monkeypatch, tmp_path):
    place(monkeypatch, tmp_path)
    one, two = Kernel(), Kernel()
    try:
        for number in range(10):
            one.run(f"let a = {number}")
            two.run(f"let b = {number}")
        history(two)  # answered once everything before it is written
        rows = history(one, n=100)
        sessions = {session: [row[2] for row in rows if row[0] == session] for session, _, _ in rows}
        assert sorted(sessions.values()) == [[f"let {name} = {n}" for n in range(10)] for name in "ab"]
    finally:
        one.close()
        two.close()


@pytest.mark.parametrize("trouble", ["no home", "not writable", "no database", "OPSD_HISTORY=memory"])
def test_without_a_place_it_is_kept_in_memory(monkeypatch, tmp_path, trouble):
    if trouble == "no home":
        monkeypatch.setenv("HOME", "")
    elif trouble == "not writable":
        monkeypatch.setenv("JUPYTER_DATA_DIR", "/proc/none")
    elif trouble == "no database":
        file = place(monkeypatch, tmp_path)
        file.parent.mkdir()
        file.write_bytes(b"this is no database" * 100)
    else:
        file = place(monkeypatch, tmp_path)
        monkeypatch.setenv("OPSD_HISTORY", "memory")
    # The runtime folder, too, would lie in a home that is not there.
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    kernel = Kernel()
    try:
        assert kernel.run("6 * 7").value == "42"
        assert [row[2] for row in history(kernel, n=5)] == ["6 * 7"]
    finally:
        kernel.close()
    if trouble.startswith("OPSD"):
        assert not file.exists()
