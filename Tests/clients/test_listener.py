"""opsd-listener: it listens before the kernel does, hands its sockets over, and where it cannot it stands aside."""

import json
import os
import random
import socket
import subprocess
import sys

import psutil
import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import get_kernel_spec

from conftest import NAME, PATIENCE

LISTENER, OPSD = get_kernel_spec(NAME).argv[:2]
assert LISTENER.endswith("/opsd-listener"), "the kernel was installed without its listener: build that product too"
CHANNELS = ["shell", "iopub", "stdin", "hb", "control"]

# What a program finds that the listener becomes, as one line of JSON.
REPORT = """
import fcntl, json, os, socket, sys
opened = sorted(int(name) for name in os.listdir("/proc/self/fd"))[3:-1]  # the last is the listing's own
names = os.environ.get("LISTEN_FDNAMES")
found = {}
for number, name in enumerate(names.split(":") if names else [], 3):
    taken = socket.socket(fileno=number)
    found[name] = [*taken.getsockname(), taken.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)]
    assert fcntl.fcntl(number, fcntl.F_GETFL) & os.O_NONBLOCK
    taken.detach()
print(json.dumps(
    [found, opened, os.environ.get("LISTEN_PID") == str(os.getpid()), os.environ.get("LISTEN_FDS"), sys.argv[1:]]))
"""


def connection(folder, **changes):
    """A connection file with ports that are free; a change to None leaves a member out."""
    path, content = write_connection_file(str(folder / "connection.json"), key=b"secret")
    content = {name: value for name, value in {**content, "key": "secret", **changes}.items() if value is not None}
    (folder / "connection.json").write_text(json.dumps(content))
    return path, content


def report(path, *more, **options):
    """What a program is given that stands where the kernel does; its arguments are those of the kernel."""
    script = os.path.join(os.path.dirname(path), "report.py")
    with open(script, "w") as file:
        file.write(REPORT)
    done = subprocess.run(
        [LISTENER, sys.executable, script, path, *more], capture_output=True, text=True, timeout=PATIENCE, **options)
    assert done.returncode == 0, done.stderr
    found, opened, is_owner, count, arguments = json.loads(done.stdout)
    assert arguments == [path, *more], "the program gets its arguments as they are"
    assert opened == ([3, 4, 5, 6, 7] if found else []), "all sockets or none, and nothing else"
    return found, is_owner, count


def test_every_port_is_listened_on(tmp_path):
    path, content = connection(tmp_path)
    found, is_owner, count = report(path)
    assert found == {name: ["127.0.0.1", content[f"{name}_port"], 1] for name in CHANNELS}
    assert is_owner and count == "5"
    # `jupyter run` appends the names of its own files.
    assert report(path, "/etc/hostname", "")[0] == found


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
    """It is left as it is, and the kernel finds its ports free."""
    path, content = connection(tmp_path)
    script = tmp_path / "report.sh"
    script.write_text("echo $LISTEN_FDS; ls /proc/self/fd | tr '\\n' ' '; readlink /proc/self/fd/5")
    shell = ["/bin/sh", "-c", 'exec "$@" 5</dev/null', "sh", LISTENER]
    done = subprocess.run(
        [*shell, "/bin/sh", str(script), path], capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout == "\n0 1 2 3 5 /dev/null\n", "3 is that of the listing itself"
    assert serves([*shell, OPSD, "kernel", path], content)


def test_ports_whose_last_connections_are_still_winding_up(tmp_path):
    """As after a restart: what was connected there holds a port for a minute where nobody may reuse it."""
    path, content = connection(tmp_path)
    with socket.create_server(("127.0.0.1", content["shell_port"])) as server:
        client = socket.create_connection(server.getsockname())
        server.accept()[0].close()
        assert client.recv(1) == b""
        client.close()
    found, _, _ = report(path)
    assert found


def test_a_pipe_is_not_read(tmp_path):
    path = str(tmp_path / "pipe")
    os.mkfifo(path)
    assert report(path) == ({}, False, None), "nor waited for"
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    os.write(pipe, b'{"transport": "tcp"')
    assert report(path) == ({}, False, None)
    assert os.read(pipe, 100) == b'{"transport": "tcp"'
    os.close(pipe)


def test_files_that_are_none(tmp_path):
    """Whatever stands in the file: the program is started, and hears of sockets only where the file was whole."""
    path, content = connection(tmp_path)
    text = json.dumps(content).encode()
    script = tmp_path / "count.sh"
    script.write_text("echo $LISTEN_FDS")
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
        done = subprocess.run([LISTENER, "/bin/sh", script, path], capture_output=True, timeout=PATIENCE)
        assert done.returncode == 0 and done.stderr == b"" and done.stdout in (b"5\n", b"\n"), broken
        whole += done.stdout == b"5\n"
    assert whole < 30, "most of these are no connection files"
    os.remove(path)
    assert report(path) == ({}, False, None)


def test_a_program_that_is_not_there():
    done = subprocess.run([LISTENER, "/no/such/program", "kernel", "x"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 127 and "/no/such/program" in done.stderr
    done = subprocess.run([LISTENER, "x", "kernel"], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2 and "usage" in done.stderr


def serves(command, content, **options):
    """Whether a kernel started this way answers where `content` says, over sockets that no child of it would inherit."""
    kernel = subprocess.Popen(command, **options)
    client = BlockingKernelClient()
    client.load_connection_info({**content, "key": b"secret"})
    try:
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        listening = {c.fd for c in psutil.Process(kernel.pid).net_connections("tcp") if c.status == psutil.CONN_LISTEN}
        assert len(listening) == 5
        for descriptor in listening:
            with open(f"/proc/{kernel.pid}/fdinfo/{descriptor}") as file:
                flags = next(int(line.split()[1], 8) for line in file if line.startswith("flags:"))
            assert flags & os.O_CLOEXEC
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
    assert serves(["/bin/sh", "-c", f"export {others} LISTEN_PID={owner}; exec '{OPSD}' kernel '{path}'"], content)


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
