"""A kernel's life: interrupted, killed, restarted, told to end, orphaned, one of two."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from conftest import Kernel, NAME, PATIENCE, TRAINING


@pytest.mark.parametrize("code", ["while true {}", TRAINING], ids=["loop", "training"])
@pytest.mark.parametrize("how", ["message", "signal"])
def test_interrupt_stops_the_cell_and_the_next_one_runs(kernel, code, how):
    kernel.run("let kept = 6")
    request = kernel.begin(code)
    if code == TRAINING:
        kernel.wait_for_output(request)
    else:
        kernel.wait_until_running(request)
    if how == "message":
        kernel.manager.interrupt_kernel()
    else:
        kernel.process.send_signal(signal.SIGINT)
    cell = kernel.finish(request)
    assert cell.reply["status"] in ("ok", "error")
    assert kernel.run("kept * 7").value == "42"


def test_interrupted_training_keeps_the_last_step(kernel):
    request = kernel.begin("let run = " + TRAINING)
    kernel.wait_for_output(request)
    kernel.manager.interrupt_kernel()
    kernel.finish(request)
    kept = kernel.run("run.loss.count")
    assert kept.reply["status"] == "ok", kept.error
    assert 0 < int(kept.value) < 10_000


def test_interrupt_while_idle_is_harmless(kernel):
    for _ in range(3):
        kernel.manager.interrupt_kernel()
        kernel.process.send_signal(signal.SIGINT)
    kernel.run("1")  # a signal that arrives late may still stop this one
    assert kernel.run("6 * 7").value == "42"


def test_control_is_answered_while_a_cell_runs(kernel):
    request = kernel.begin("while true {}")
    kernel.wait_until_running(request)
    message = kernel.client.session.msg("kernel_info_request")
    kernel.client.control_channel.send(message)
    reply = kernel.client.get_control_msg(timeout=PATIENCE)
    assert reply["header"]["msg_type"] == "kernel_info_reply"
    assert kernel.client.hb_channel.is_beating()
    kernel.manager.interrupt_kernel()
    kernel.finish(request)


def test_killed_kernel_restarts_on_the_same_ports(kernel):
    ports = kernel.manager.get_connection_info()["shell_port"]
    kernel.run("let lost = 1")
    kernel.process.send_signal(signal.SIGKILL)
    assert kernel.wait_for_exit() == -signal.SIGKILL
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=PATIENCE)
    assert kernel.manager.get_connection_info()["shell_port"] == ports
    assert "lost" in kernel.run("lost").error
    assert kernel.run("6 * 7").value == "42"


def test_killed_training_goes_on_to_the_same_bytes(kernel, tmp_path):
    def train(file):
        return (
            'let run = train(model("base"), on: addition().problems(200, seed: 1), with: .opsd(rollouts: 16), steps: 60, '
            f'checkpoint: "{file}", checkpointEvery: 1, plot: false)\nprint(run.model.checksum, run.loss)'
        )

    whole = kernel.run(train(tmp_path / "whole")).out
    assert len(whole.split()[0]) == 16, whole
    request = kernel.begin(train(tmp_path / "run"))
    kernel.wait_until_running(request)
    # The first checkpoint is there before the first step, and the rest of the run is not done yet.
    while not (tmp_path / "run").exists():
        time.sleep(0.001)
    for _ in range(5):
        kernel.process.send_signal(signal.SIGKILL)
        kernel.wait_for_exit()
        kernel.manager.restart_kernel(now=True)
        kernel.client.wait_for_ready(timeout=PATIENCE)
        written = (tmp_path / "run").stat().st_mtime_ns
        kernel.begin(train(tmp_path / "run"))
        # Until it has gone on by a step.
        for _ in range(PATIENCE * 1000):
            if (tmp_path / "run").stat().st_mtime_ns != written:
                break
            time.sleep(0.001)
    assert kernel.run(train(tmp_path / "run")).out == whole
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run", "whole"]


def test_restart_while_a_cell_runs(kernel):
    request = kernel.begin("while true {}")
    kernel.wait_until_running(request)
    kernel.manager.restart_kernel(now=False)
    kernel.client.wait_for_ready(timeout=PATIENCE)
    assert kernel.run("6 * 7").value == "42"


@pytest.mark.parametrize("code", [None, "while true {}"], ids=["idle", "busy"])
def test_told_to_end_it_ends(kernel, code):
    if code:
        kernel.wait_until_running(kernel.begin(code))
    kernel.process.send_signal(signal.SIGTERM)
    assert kernel.wait_for_exit() >= 0, "it ends by itself, not by the signal"


def test_shutdown_ends_with_status_zero(kernel):
    kernel.client.shutdown()
    assert kernel.wait_for_exit() == 0


def test_two_kernels_know_nothing_of_each_other():
    one, two = Kernel(), Kernel()
    try:
        one.run("let x = 6")
        two.run("let x = 7")
        busy = one.begin("while true {}")
        one.wait_until_running(busy)
        assert two.run("x").value == "7"
        one.manager.interrupt_kernel()
        one.finish(busy)
        assert one.run("x").value == "6"
        assert one.process.pid != two.process.pid
    finally:
        one.close()
        two.close()


def test_it_does_not_outlive_the_process_that_started_it():
    """A process of its own starts a kernel, says which, and is killed without a chance to clean up."""
    parent = subprocess.Popen(
        [sys.executable, "-c",
         "from jupyter_client.manager import start_new_kernel; import time;"
         f"m, c = start_new_kernel(kernel_name='{NAME}');"
         "print(m.provisioner.process.pid, flush=True); time.sleep(1000)"],
        stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert is_running(pid)
    parent.kill()
    parent.wait()
    for _ in range(PATIENCE * 10):
        if not is_running(pid):
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the kernel outlived its parent")


def is_running(pid):
    """Whether the process exists and is more than an entry that nobody has collected yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
