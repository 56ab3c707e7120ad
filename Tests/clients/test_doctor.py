"""opsd doctor: it finds a sound installation sound, and says of a broken one what to do."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from jupyter_client.kernelspec import get_kernel_spec

from conftest import NAME, PATIENCE


def doctor(**variables):
    """The doctor's words and verdict, in this environment with such changes; None removes a variable."""
    program = next(word for word in get_kernel_spec(NAME).argv if word.endswith("/opsd"))
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix, **variables}
    environment = {name: value for name, value in environment.items() if value is not None}
    done = subprocess.run([program, "doctor"], env=environment, capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout + done.stderr


def installation(folder, **changes):
    """A copy of the installed specification with such changes; gives the value of JUPYTER_PATH for it."""
    copy = folder / "kernels" / NAME
    shutil.copytree(get_kernel_spec(NAME).resource_dir, copy)
    file = copy / "kernel.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))
    return str(folder)


def test_a_sound_installation():
    code, said = doctor()
    assert code == 0, said
    for word in ("ok       libraries", "ZeroMQ", "OpenSSL", "SQLite", "Cairo", "starts this executable",
                 "6 * 7 = 42", "ok       JupyterLab", "All is well"):
        assert word in said, said


def test_a_kernel_that_is_not_installed(tmp_path):
    code, said = doctor(VIRTUAL_ENV=None, CONDA_PREFIX=None, JUPYTER_DATA_DIR=str(tmp_path))
    assert code == 1 and "Jupyter knows no kernel opsd" in said and "install" in said
    assert "6 * 7 = 42" in said, "the executable itself is fine"


@pytest.mark.parametrize("changes,word", [
    ({"argv": ["/no/such/opsd", "kernel", "{connection_file}"]}, "not there"),
    ({"argv": ["/no/such/opsd-listener", "/bin/false", "kernel", "{connection_file}"]}, "not there: /no/such/opsd-listener"),
    ({"argv": ["/bin/false", "kernel", "{connection_file}"]}, "ended with status 1"),
    ({"kernel_protocol_version": "5.3"}, "another version"),
])
def test_a_specification_that_is_wrong(tmp_path, changes, word):
    code, said = doctor(JUPYTER_PATH=installation(tmp_path, **changes))
    assert code == 1 and word in said and "→ run" in said, said


def test_without_jupyterlab_cells_can_be_run(tmp_path):
    code, said = doctor(JUPYTER_PATH=installation(tmp_path), VIRTUAL_ENV=None, CONDA_PREFIX=None, PATH="/usr/bin:/bin")
    assert code == 0 and "missing  JupyterLab" in said and "make lab" in said, said


def test_a_history_that_cannot_be_used(tmp_path):
    code, said = doctor(OPSD_HISTORY=str(tmp_path))
    assert code == 0 and "missing  history" in said, said
