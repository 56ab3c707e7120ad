"""opsd-listener: it listens before the kernel does, hands its sockets over, and where it cannot it stands aside."""

import json
import os
import random
import socket
import subprocess
import sys

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import get_kernel_spec

from conftest import NAME, PATIENCE

LISTENER, OPSD = get_kernel_spec(NAME).argv[:2]
CHANNELS = ["shell", "iopub", "stdin", "hb", "control"]

# What a program finds that the listener becomes, as one line of JSON.
REPORT = """
import fcntl, json, os, socket, sys
names = os.environ.get("LISTEN_FDNAMES")
found = {}
for number, name in enumerate(names.split(":") if names else [], 3):
    taken = socket.socket(fileno=number)
    found[name] = [*taken.getsockname(), taken.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)]
    assert fcntl.fcntl(number, fcntl.F_GETFL) & os.O_NONBLOCK
    taken.detach()
print(json.dumps([found, os.environ.get("LISTEN_PID") == str(os.getpid()), os.environ.get("LISTEN_FDS"), sys.argv[1:]]))
"""


def connection(folder, **changes):
    """A connection file with ports that are free; a change to None leaves a member out."""
    path, content = write_connection_file(str(folder / "connection.json"), key=b"secret")
    content = {name: value for name, value in {**content, "key": "secret", **changes}.items() if value is not None}
    (folder / "connection.json").write_text(json.dumps(content))
    return path, content


def report(path, **options):
    done = subprocess.run(
        [LISTENER, sys.executable, "-c", REPORT, path], capture_output=True, text=True, timeout=PATIENCE, **options)
    assert done.returncode == 0, done.stderr
    found, is_owner, count, arguments = json.loads(done.stdout)
    assert arguments == [path], "the program gets its arguments as they are"
    return found, is_owner, count


def test_every_port_is_listened_on(tmp_path):
    path, content = connection(tmp_path)
    found, is_owner, count = report(path)
    assert found == {name: ["127.0.0.1", content[f"{name}_port"], 1] for name in CHANNELS}
    assert is_owner and count == "5"


@pytest.mark.parametrize("changes", [
    {"transport": "ipc"}, {"transport": None}, {"ip": "localhost"}, {"ip": "203.0.113.7"}, {"ip": None},
    {"shell_port": 0}, {"hb_port": 65_536}, {"hb_port": -1}, {"iopub_port": 10**30}, {"stdin_port": None},
    {"stdin_port": "5000"}, {"more": {"shell_port": 1}}, {"more": [1]}, {"more": None, "shell_port": 1.5},
    {"key": 'a"shell_port": 1', "control_port": None},
])
def test_what_it_does_not_understand_is_left_to_the_kernel(tmp_path, changes):
    path, _ = connection(tmp_path, **changes)
    assert report(path) == ({}, False, None)


def test_a_port_in_use(tmp_path):
    path, content = connection(tmp_path)
    with socket.create_server(("127.0.0.1", content["control_port"])):
        assert report(path) == ({}, False, None)


def test_a_descriptor_in_use(tmp_path):
    path, _ = connection(tmp_path)
    command = [LISTENER, "/bin/sh", "-c", "echo $LISTEN_FDS; readlink /proc/self/fd/4", path]
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" 4</dev/null', "sh", *command], capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout == "\n/dev/null\n", "it is left as it is"


def test_files_that_are_none(tmp_path):
    """Whatever stands in the file: the program is started, and hears of sockets only where the file was whole."""
    path, content = connection(tmp_path)
    text = json.dumps(content).encode()
    random.seed(1)
    texts = [b"", b"{", b"[]", b"{}", b'{"', b'{"\\', b'{"a\\"', b'{"a":', b'{"a":1', b'{"a":"\\', b"\0" * 100, b'{"x":' * 50_000,
             b'{"' + b"a" * 200_000 + b'":1}', b" " * 200_000 + text]
    for _ in range(300):
        broken = bytearray(text)
        for _ in range(random.randint(1, 4)):
            broken[random.randrange(len(broken))] = random.choice(b'"\\{}[],:0-\x00\xff ')
        texts.append(bytes(broken[: random.randint(0, len(broken))]))
    whole = 0
    for broken in texts:
        with open(path, "wb") as file:
            file.write(broken)
        done = subprocess.run([LISTENER, "/bin/sh", "-c", "echo $LISTEN_FDS", path], capture_output=True, timeout=PATIENCE)
        assert done.returncode == 0 and done.stderr == b"" and done.stdout in (b"5\n", b"\n"), broken
        whole += done.stdout == b"5\n"
    assert whole < 30, "most of these are no connection files"
    os.remove(path)
    assert report(path) == ({}, False, None)


def test_a_program_that_is_not_there():
    done = subprocess.run([LISTENER, "/no/such/program", "x"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 127 and "/no/such/program" in done.stderr
    done = subprocess.run([LISTENER, "x"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2 and "usage" in done.stderr


def serves(command, content, **options):
    """Whether a kernel started this way answers where `content` says, over sockets that are its own and no child's."""
    kernel = subprocess.Popen(command, **options)
    client = BlockingKernelClient()
    client.load_connection_info({**content, "key": b"secret"})
    try:
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        return client.execute_interactive("1 + 1", timeout=PATIENCE, store_history=False)["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        kernel.kill()
        kernel.wait()


def test_the_kernel_takes_them_over(tmp_path):
    path, content = connection(tmp_path)
    assert serves([LISTENER, OPSD, "kernel", path], content)


@pytest.mark.parametrize("variables", [
    {"LISTEN_PID": "1", "LISTEN_FDS": "5", "LISTEN_FDNAMES": "shell:iopub:stdin:hb:control"},
    {"LISTEN_PID": "own", "LISTEN_FDS": "5", "LISTEN_FDNAMES": "shell:iopub:stdin:hb:control"},
    {"LISTEN_PID": "own", "LISTEN_FDS": "99999999999999999999", "LISTEN_FDNAMES": "shell"},
    {"LISTEN_PID": "own", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "shell:shell:web"},
    {"LISTEN_PID": "own", "LISTEN_FDS": "-1", "LISTEN_FDNAMES": ""},
])
def test_variables_that_mean_something_else(tmp_path, variables):
    path, content = connection(tmp_path)
    owner = variables["LISTEN_PID"].replace("own", "$$")
    others = " ".join(f"{name}={value}" for name, value in variables.items() if name != "LISTEN_PID")
    assert serves(["/bin/sh", "-c", f"export {others} LISTEN_PID={owner}; exec {OPSD} kernel {path}"], content)


def test_sockets_of_other_ports_are_closed(tmp_path):
    other, content = connection(tmp_path)
    os.rename(other, tmp_path / "other.json")
    path, unused = connection(tmp_path)
    kernel = subprocess.Popen([LISTENER, OPSD, "kernel", str(tmp_path / "other.json"), path])
    client = BlockingKernelClient()
    client.load_connection_info({**content, "key": b"secret"})
    try:
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", unused["shell_port"]), timeout=PATIENCE)
    finally:
        client.stop_channels()
        kernel.kill()
        kernel.wait()
