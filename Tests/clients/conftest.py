"""What the tests of real clients share: a kernel to talk to, and a way to read what a cell caused."""

import os
import re
import sys
import time
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel

NAME = "opsd"
ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "Notebooks" / "01-opsd-step-by-step.ipynb"
# Generous: a test waits this long only where something is broken.
PATIENCE = 120

TRAINING = (
    'train(model("base"), on: addition().problems(200, split: .practice, seed: 1), with: .opsd(), steps: 10_000)'
)


def is_of(message, request):
    """Whether a message belongs to that cell; a manager's requests may bear the same identifiers as its client's."""
    parent = message["parent_header"]
    return parent.get("msg_id") == request and parent.get("msg_type") == "execute_request"


class Cell:
    """What one cell caused: the messages, and the reply."""

    def __init__(self, messages, reply):
        self.messages = messages
        self.reply = reply["content"]

    def contents(self, kind):
        return [m["content"] for m in self.messages if m["header"]["msg_type"] == kind]

    @property
    def out(self):
        return "".join(c["text"] for c in self.contents("stream") if c["name"] == "stdout")

    @property
    def value(self):
        """The text of the result."""
        return "".join(c["data"]["text/plain"] for c in self.contents("execute_result"))

    @property
    def error(self):
        """The traceback without colours."""
        text = "\n".join(line for c in self.contents("error") for line in c["traceback"])
        return re.sub(r"\x1b\[[0-9;]*m", "", text)


class Kernel:
    """A running kernel and one client of it."""

    def __init__(self):
        self.manager, self.client = start_new_kernel(kernel_name=NAME, startup_timeout=PATIENCE)

    def begin(self, code, **options):
        """Sends a cell and gives the identifier of the request."""
        return self.client.execute(code, **options)

    def finish(self, request):
        """Waits for the reply and the idle of a request, and gives all that came before the idle."""
        messages = []
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if not is_of(message, request):
                continue
            messages.append(message)
            if message["header"]["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if is_of(reply, request):
                return Cell(messages, reply)

    def run(self, code, **options):
        return self.finish(self.begin(code, **options))

    def wait_for(self, request, *kinds):
        """Waits until a running cell has sent a message of such a kind; gives all messages up to that one."""
        messages = []
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if is_of(message, request):
                messages.append(message)
                if message["header"]["msg_type"] in kinds:
                    return messages

    def wait_for_output(self, request):
        """Waits until a running cell has shown something."""
        self.wait_for(request, "stream", "display_data", "update_display_data")

    def wait_until_running(self, request):
        """Waits until a cell has been taken up."""
        self.wait_for(request, "execute_input")

    @property
    def process(self):
        return self.manager.provisioner.process

    def wait_for_exit(self):
        """The exit status, once the process has ended; minus the signal that ended it."""
        for _ in range(PATIENCE * 10):
            status = self.process.poll()
            if status is not None:
                return status
            time.sleep(0.1)
        raise AssertionError("the kernel has not ended")

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory):
    """A home folder of its own: nothing of the person's history or settings takes part or is changed."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for variable in [v for v in os.environ if v.startswith(("JUPYTER", "IPYTHON", "XDG_"))]:
            patch.delenv(variable)
        patch.setenv("HOME", str(folder))
        patch.setenv("PATH", str(Path(sys.prefix) / "bin"), prepend=os.pathsep)
        yield folder


@pytest.fixture
def kernel():
    """A kernel of the test's own."""
    kernel = Kernel()
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def shared():
    """A kernel that the tests of a file have in common, where none of them harms it."""
    kernel = Kernel()
    yield kernel
    kernel.close()
