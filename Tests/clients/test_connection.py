"""Ways to reach a kernel: tcp and ipc, encrypted, by handshake; and nothing left over after many of them."""

import hashlib
import hmac
import json
import os
import subprocess
import time

import psutil
import pytest
import zmq
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.kernelspec import get_kernel_spec
from jupyter_client.manager import KernelManager

from conftest import Kernel, NAME, PATIENCE

KEY = "top-secret-key"


def start(**options):
    """A kernel and a client of it, with a manager that was set up this way."""
    manager = KernelManager(kernel_name=NAME, **options)
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)
    return manager, client


def value(client, code):
    """The text of a cell's result."""
    found = []
    reply = client.execute_interactive(
        code, timeout=PATIENCE,
        output_hook=lambda m: found.append(m["content"]["data"]["text/plain"]) if m["msg_type"] == "execute_result" else None)
    assert reply["content"]["status"] == "ok"
    return "".join(found)


def test_ipc(tmp_path):
    # A path to a socket may be no longer than about a hundred characters.
    folder = tmp_path if len(str(tmp_path)) < 60 else "/tmp"
    manager, client = start(transport="ipc", ip=str(folder) + f"/kernel-{os.getpid()}")
    try:
        assert value(client, "6 * 7") == "42"
        manager.restart_kernel(now=False)
        client.wait_for_ready(timeout=PATIENCE)
        assert value(client, "6 * 7") == "42"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_ipc_files()


@pytest.mark.parametrize("transport", ["tcp", "ipc"])
def test_encrypted(transport):
    ip = {"tcp": "127.0.0.1", "ipc": f"/tmp/kernel-curve-{os.getpid()}"}[transport]
    manager, client = start(transport_encryption="required", transport=transport, ip=ip)
    try:
        assert len(manager.get_connection_info()["curve_publickey"]) == 40
        assert value(client, "6 * 7") == "42"
        assert client.hb_channel.is_beating()
        manager.interrupt_kernel()
        manager.restart_kernel(now=False)
        client.wait_for_ready(timeout=PATIENCE)
        assert value(client, "6 * 7") == "42"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_ipc_files()


class Registration:
    """The side of the handshake that a front end plays; no launcher of Jupyter's own does so yet."""

    def __init__(self, folder, **more):
        self.socket = zmq.Context.instance().socket(zmq.ROUTER)
        self.socket.linger = 0
        port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        self.file = folder / "registration.json"
        self.file.write_text(json.dumps({
            "kernel_id": "kernel-7", "transport": "tcp", "registration_ip": "127.0.0.1", "registration_port": port,
            "signature_scheme": "hmac-sha256", "key": KEY, **more}))

    def start(self):
        command = [argument.format(connection_file=self.file) for argument in get_kernel_spec(NAME).argv]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def hear(self):
        """What the kernel tells: an identity, and a connection file's contents."""
        assert self.socket.poll(PATIENCE * 1000)
        identity, delimiter, signature, content = self.socket.recv_multipart()
        assert delimiter == b"<IDS|MSG>" and signature == self.sign(content)
        told = json.loads(content)
        assert told.pop("kernel_id") == "kernel-7"
        ports = {name: int(port) for name, port in told.items()}
        return identity, {"ip": "127.0.0.1", "transport": "tcp", "key": KEY, "signature_scheme": "hmac-sha256", **ports}

    def confirm(self, identity):
        self.socket.send_multipart([identity, b"<IDS|MSG>", self.sign(b"ACK"), b"ACK"])

    @staticmethod
    def sign(content):
        return hmac.new(KEY.encode(), content, hashlib.sha256).hexdigest().encode()


def test_handshake(tmp_path):
    registration = Registration(tmp_path)
    process = registration.start()
    client = BlockingKernelClient()
    try:
        identity, connection = registration.hear()
        registration.confirm(identity)
        client.load_connection_info(connection)
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        assert value(client, "6 * 7") == "42"
        client.shutdown()
        assert process.wait(PATIENCE) == 0
    finally:
        client.stop_channels()
        process.kill()
        log = process.communicate()[1]
    assert KEY not in log


def test_handshake_that_nobody_confirms(tmp_path):
    registration = Registration(tmp_path)
    process = registration.start()
    registration.hear()
    assert process.wait(PATIENCE) == 1
    log = process.communicate()[1]
    assert "confirmed" in log and KEY not in log


@pytest.mark.parametrize("content", ["", "{", "[]", '{"transport": "udp", "key": "%s"}' % KEY, '{"key": "%s", "shell' % KEY])
def test_a_file_that_is_none(tmp_path, content):
    file = tmp_path / "connection.json"
    file.write_text(content)
    command = [argument.format(connection_file=file) for argument in get_kernel_spec(NAME).argv]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert "connection.json" in done.stderr and KEY not in done.stderr + done.stdout


def test_nothing_is_left_over():
    """Front ends that come and go, subshells that are made and ended: as many threads and sockets as before."""
    kernel = Kernel()
    try:
        process = psutil.Process(kernel.process.pid)

        def visit():
            client = kernel.manager.client()
            client.start_channels()
            client.wait_for_ready(timeout=PATIENCE)
            assert value(client, "6 * 7") == "42"
            for kind, content in [("create_subshell_request", {}), ("list_subshell_request", {})]:
                client.control_channel.send(client.session.msg(kind, content))
                while (reply := client.get_control_msg(timeout=PATIENCE))["msg_type"] != kind.replace("quest", "ply"):
                    pass
            for subshell in reply["content"]["subshell_id"]:
                client.control_channel.send(client.session.msg("delete_subshell_request", {"subshell_id": subshell}))
                client.get_control_msg(timeout=PATIENCE)
            client.stop_channels()

        def counts():
            return process.num_threads(), process.num_fds()

        visit()
        time.sleep(0.3)
        before = counts()
        for _ in range(25):
            visit()
        for _ in range(50):
            if counts() <= before:
                break
            time.sleep(0.1)
        assert counts() <= before
    finally:
        kernel.close()


def test_usage(kernel):
    kernel.client.control_channel.send(kernel.client.session.msg("usage_request"))
    while (reply := kernel.client.get_control_msg(timeout=PATIENCE))["msg_type"] != "usage_reply":
        pass
    usage = reply["content"]
    assert usage["pid"] == kernel.process.pid
    resident = psutil.Process(kernel.process.pid).memory_info().rss
    assert resident / 2 < usage["kernel_memory"] < resident * 2
    assert {"hostname", "kernel_cpu", "cpu_count", "host_virtual_memory"} <= usage.keys()


def test_one_version_of_the_protocol(kernel):
    spec = get_kernel_spec(NAME).to_dict()
    with open(os.path.join(get_kernel_spec(NAME).resource_dir, "kernel.json")) as file:
        declared = json.load(file)["kernel_protocol_version"]
    reply = kernel.client.kernel_info(reply=True, timeout=PATIENCE)
    assert declared == reply["content"]["protocol_version"] + ".0" == reply["header"]["version"] + ".0"
    assert spec["metadata"]["supported_encryption"] == ["curve"]
