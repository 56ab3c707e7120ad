"""nbclient as a judge: errors that stop a notebook or do not, cells that take too long, dead kernels, widgets, commands."""

import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from conftest import NAME, PATIENCE


def notebook(*cells):
    """A notebook of these cells: texts, or texts with tags."""
    made = [new_code_cell(cell) if isinstance(cell, str) else new_code_cell(cell[0], metadata={"tags": list(cell[1:])})
            for cell in cells]
    return new_notebook(cells=made, metadata={"kernelspec": {"name": NAME, "display_name": "OPSD", "language": "swift"}})


def run(book, **options):
    NotebookClient(book, kernel_name=NAME, startup_timeout=PATIENCE, **{"timeout": PATIENCE, **options}).execute()
    return book


def text(cell):
    return "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)


def test_cells_share_their_variables_and_markdown_is_passed_over():
    book = notebook("let x = 6", "x * 7", 'print("x is", x)')
    book.cells.insert(1, new_markdown_cell("nothing"))
    run(book)
    assert [text(cell) for cell in book.cells if cell.cell_type == "code"] == ["", "42", "x is 6\n"]
    assert [cell.execution_count for cell in book.cells if cell.cell_type == "code"] == [1, 2, 3]
    assert book.cells[0].metadata.execution["iopub.status.busy"], "timings are recorded"


def test_an_error_stops_the_notebook():
    book = notebook("let x = 1", "x / 0", "let never = 2")
    with pytest.raises(CellExecutionError, match="DivisionByZero"):
        run(book)
    assert book.cells[2].execution_count is None
    assert book.cells[1].outputs[0].output_type == "error"


@pytest.mark.parametrize("how", ["tag", "allow_errors", "allow_error_names"])
def test_an_error_that_is_expected_does_not(how):
    book = notebook(("1 / 0", "raises-exception") if how == "tag" else "1 / 0", "6 * 7")
    run(book, **{"allow_errors": {"allow_errors": True}, "allow_error_names": {"allow_error_names": ["DivisionByZero"]}}.get(how, {}))
    assert text(book.cells[1]) == "42"


def test_a_cell_that_takes_too_long_is_interrupted_and_the_rest_runs():
    book = notebook('print("begun")\nwhile true {}', "6 * 7")
    run(book, timeout=2, interrupt_on_timeout=True, allow_errors=True)
    assert text(book.cells[0]).startswith("begun") and text(book.cells[1]) == "42"
    with pytest.raises(CellTimeoutError):
        run(notebook("while true {}"), timeout=1)


def test_a_kernel_that_dies_is_noticed():
    book = notebook("6 * 7", "while true {}")
    client = NotebookClient(book, kernel_name=NAME, timeout=PATIENCE, startup_timeout=PATIENCE)

    def kill(cell, cell_index):
        if cell_index == 1:
            client.km.provisioner.process.kill()

    client.on_cell_executed = None
    client.on_cell_execute = kill
    with pytest.raises(DeadKernelError):
        client.execute()


def test_displays_that_are_updated_are_kept_in_their_last_state():
    book = run(notebook('_ = train(model("base"), on: addition().problems(50, seed: 1), with: .opsd(), steps: 3)'))
    shown = [output for output in book.cells[0].outputs if output.output_type == "display_data"]
    assert shown and "3 steps" in "".join(output.data["text/plain"] for output in shown)


def test_output_that_is_cleared_is_gone():
    book = run(notebook('print("old")\nclearOutput()\nprint("new")', 'print("old")\nclearOutput(wait: true)\nprint("new")'))
    assert [text(cell) for cell in book.cells] == ["new\n", "new\n"]


@pytest.mark.parametrize("command", [["jupyter", "execute", "--inplace"], ["jupyter", "nbconvert", "--execute", "--to", "notebook", "--inplace"]])
def test_commands_that_execute_a_file(tmp_path, command):
    file = tmp_path / "book.ipynb"
    nbformat.write(notebook("let x = 6", "x * 7"), file)
    done = subprocess.run([sys.executable, "-m", *command, str(file)], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert text(nbformat.read(file, as_version=4).cells[1]) == "42"


def test_the_script_of_a_notebook_is_its_cells(tmp_path):
    file = tmp_path / "book.ipynb"
    nbformat.write(run(notebook("let x = 6", "x * 7")), file)
    subprocess.run([sys.executable, "-m", "jupyter", "nbconvert", "--to", "script", str(file)],
                   capture_output=True, check=True, timeout=PATIENCE)
    script = (tmp_path / "book.swift").read_text()
    assert "let x = 6" in script and "x * 7" in script


@pytest.mark.parametrize("cut", ["", "-p", "-y"])
def test_papermill_on_the_command_line(tmp_path, cut):
    file, result = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    nbformat.write(notebook(("var steps = 1\nvar name = \"none\"", "parameters"), 'print(steps * 2, name)'), file)
    given = {"": [], "-p": ["-p", "steps", "21", "-p", "name", "ada"], "-y": ["-y", "{steps: 21, name: ada}"]}[cut]
    done = subprocess.run(
        [sys.executable, "-m", "papermill", str(file), str(result), "-k", NAME, "--language", "python", *given],
        capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    cells = nbformat.read(result, as_version=4).cells
    assert text(cells[-1]) == ("42 ada\n" if cut else "2 none\n")
    assert ("injected-parameters" in cells[1].metadata.tags) == bool(cut)
