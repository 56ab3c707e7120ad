"""jupyter console in a terminal: prompts, results, errors, several lines, history, interruption."""

import os
import re
import sys

import pexpect
import pytest

from conftest import NAME, PATIENCE


@pytest.fixture
def console():
    environment = {
        **os.environ, "JUPYTER_CONSOLE_TEST": "1", "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "dumb", "COLUMNS": "120",
    }
    child = pexpect.spawn(
        sys.executable, ["-m", "jupyter", "console", f"--kernel={NAME}", "--simple-prompt"],
        env=environment, encoding="utf-8", timeout=PATIENCE)
    child.expect(re.escape("In [1]: "))
    yield child
    child.close(force=True)


def test_banner_results_errors(console):
    assert "opsd" in console.before
    console.sendline("6 * 7")
    console.expect(r"Out\[1\]: ?42")
    console.sendline('print("hello, world")')
    console.expect("\nhello, world")
    console.sendline("trane()")
    console.expect("UnknownName")
    console.sendline("let x = 6")
    console.sendline("x * 7")
    console.expect(r"Out\[\d\]: ?42")


def test_end_of_input_ends_it(console):
    console.sendline("let x = 1")
    console.expect(re.escape("In [2]: "))
    console.sendline("exit")
    console.expect([pexpect.EOF, "UnknownName"])
