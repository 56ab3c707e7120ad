"""jupyter console in a terminal: the banner, results, errors, cells of several lines, Ctrl-C, the end."""

import os
import re
import sys

import pexpect
import pytest

from conftest import NAME, PATIENCE


class Console:
    """A console in a terminal; what is expected is looked for in what it writes, without the colours."""

    def __init__(self):
        environment = {
            **os.environ, "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm",
        }
        self.child = pexpect.spawn(
            sys.executable, ["-m", "jupyter", "console", f"--kernel={NAME}"],
            env=environment, encoding="utf-8", timeout=PATIENCE, dimensions=(50, 150))

    def expect(self, text):
        """Waits for a text; escape sequences may stand between its words."""
        between = r"(?:\s|\x1b\[[0-9;?]*[a-zA-Z])*"
        self.child.expect(between.join(re.escape(word) for word in text.split()))

    def type(self, line):
        self.child.send(line + "\r")


@pytest.fixture
def console():
    console = Console()
    console.expect("In [ 1 ]:")
    yield console
    console.child.close(force=True)


def test_results_and_errors(console):
    assert "opsd" in console.child.before, "the banner"
    console.type("6 * 7")
    console.expect("Out[ 1 ]: 42")
    console.type('print("hel" + "lo")')
    console.expect("hello")
    console.type("trane()")
    console.expect("UnknownName")
    console.type("let x = 6")
    console.type("x * 111")
    console.expect("666")


def test_a_cell_of_several_lines(console):
    console.type("for i in 1...3 {")
    console.type("print(i * 111)")
    console.type("}")
    console.child.send("\r")
    for text in ("111", "222", "333"):
        console.expect(text)


def test_control_c_stops_a_loop(console):
    console.type('print("be" + "gun"); while true {}')
    console.expect("begun")
    console.child.sendintr()
    console.type("6 * 111")
    console.expect("666")


def test_it_can_be_left(console):
    console.child.sendcontrol("d")
    console.child.expect([pexpect.EOF, re.escape("(y/[n])"), "exit"])
