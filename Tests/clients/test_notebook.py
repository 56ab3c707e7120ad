"""Notebooks through nbclient, nbval, nbconvert and papermill: the same cells, the same bytes, visible everywhere."""

import re
import subprocess
import sys

import nbformat
import papermill
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter, LatexExporter
from nbformat.v4 import new_code_cell, new_notebook

from conftest import NAME, NOTEBOOK, PATIENCE, ROOT

NOTEBOOKS = sorted((ROOT / "Notebooks").glob("*.ipynb"))

CELLS = [
    "let task = addition(digits: 2...4)\nlet practice = task.problems(40, seed: 1)\npractice.show(3)",
    'let base = model("base")\nbase',
    "let y = base.rollout(practice[0], maxTokens: 64, temperature: 1.0, seed: 3)\ny",
    "let d = base.distributions(along: y)\nd.show(.jsd(beta: 0.5))",
    "d[0].top(4)",
    "let run = train(base, on: practice, with: .opsd(rollouts: 8), steps: 4)\nrun",
    "plot(run.loss)",
    'let e = run.model.distributions(along: y)\nstrips([d, e], .logRatio, names: ["before", "after"])',
    "base.rollouts(practice[0], samples: 3, seed: 2).show(.centred)",
    "plot(run, y: [.loss, .length, .studentEntropy])\ntable([run, run])",
]


def small_notebook():
    return new_notebook(
        cells=[new_code_cell(cell) for cell in CELLS],
        metadata={"kernelspec": {"name": NAME, "display_name": "OPSD", "language": "swift"}})


def executed(notebook, folder):
    """A copy of the notebook, run in a new kernel."""
    copy = nbformat.from_dict(notebook)
    NotebookClient(
        copy, kernel_name=NAME, timeout=900, startup_timeout=PATIENCE, record_timing=False,
        resources={"metadata": {"path": str(folder)}}).execute()
    return copy


def outputs(notebook):
    return [cell.outputs for cell in notebook.cells if cell.cell_type == "code"]


def bundles(notebook):
    """The data of every output that is a bundle."""
    return [out.data for outs in outputs(notebook) for out in outs if "data" in out]


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """The small notebook, run once."""
    return executed(small_notebook(), tmp_path_factory.mktemp("once"))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The first notebook of the course, run once."""
    return executed(nbformat.read(NOTEBOOK, as_version=4), tmp_path_factory.mktemp("lesson"))


@pytest.mark.timeout(1800)
def test_the_lesson_twice_gives_the_same_bytes(lesson, tmp_path):
    again = executed(nbformat.read(NOTEBOOK, as_version=4), tmp_path)
    assert outputs(again) == outputs(lesson)


@pytest.mark.timeout(1800)
def test_the_lesson_teaches(lesson):
    """In its first loss table the 95 % interval of the accuracy after training lies above the one before."""
    table = next(data["text/plain"] for data in bundles(lesson) if "\nbefore" in data["text/plain"])
    rows = [re.findall(r"([0-9.]+)%", line) for line in table.splitlines() if re.match(r" *(before|[0-9]+–[0-9]+) ", line)]
    before, after = rows[0], rows[-1]
    assert float(before[-1]) < float(after[-2]), table


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_holds_its_outputs_and_no_error(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        assert cell.execution_count, f"a cell was not run: {cell.source}"
        assert not any(out.output_type == "error" for out in cell.outputs), cell.source
        assert "execution" not in cell.metadata, "times of one machine"


@pytest.mark.timeout(1800)
def test_every_method_runs_as_its_notebook_writes_it(tmp_path):
    """The cells of the second notebook, with one step and one seed in place of many."""
    notebook = nbformat.read(ROOT / "Notebooks" / "02-every-method.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = re.sub(r"\bsteps: \d+", "steps: 1", cell.source).replace("seeds: 1...2", "seeds: 1...1")
        cell.source = re.sub(r"\bproblems\(200, split", "problems(20, split", cell.source)
    run = executed(notebook, tmp_path)
    assert len(bundles(run)) >= 20


def every_picture():
    """The fourth notebook, with fewer steps."""
    notebook = nbformat.read(ROOT / "Notebooks" / "04-looking.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = re.sub(r"\bsteps: \d+", "steps: 4", cell.source)
    return notebook


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return executed(every_picture(), tmp_path_factory.mktemp("pictures"))


@pytest.mark.timeout(900)
def test_every_picture_twice_the_same_bytes(pictures, tmp_path):
    assert outputs(executed(every_picture(), tmp_path)) == outputs(pictures)


def test_sliders_stand_over_a_result_that_needs_none(pictures):
    panels = [outs for outs in outputs(pictures) if any("application/vnd.jupyter.widget-view+json" in o.data for o in outs)]
    assert len(panels) == 2
    for panel, result in panels:
        assert "a slider from 0 to" in panel.data["text/plain"]
        assert "nats" in result.data["text/html"]


def test_twice_the_same_bytes(once, tmp_path):
    assert outputs(executed(small_notebook(), tmp_path)) == outputs(once)


def test_nbval_finds_no_difference(once, tmp_path):
    nbformat.write(once, tmp_path / "once.ipynb")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval", "--nbval-kernel-name", NAME,
         "--nbval-cell-timeout", "120", "once.ipynb"],
        cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert f"{len(CELLS)} passed" in done.stdout


@pytest.mark.parametrize("which", ["once", "lesson", "pictures"])
def test_every_output_is_seen_everywhere(which, request):
    """Text for the console, and no figure that only a trusted browser shows."""
    for data in bundles(request.getfixturevalue(which)):
        assert data["text/plain"].strip()
        if "image/svg+xml" in data or "application/vnd.vegalite.v5+json" in data:
            assert "image/png" in data, "an untrusted notebook or a code-hosting site would show no figure"
            assert "text/html" not in data, "a front end would prefer it to the figure"
        if "text/html" in data:
            assert not any(tag in data["text/html"] for tag in ("<script", "<svg", "<style", "<iframe")), "sanitised away"
        assert "image/svg+xml" not in data or "application/pdf" in data, "PDF export would want Inkscape"


def test_nbconvert_shows_figures_and_tables(once):
    html, _ = HTMLExporter().from_notebook_node(once)
    assert html.count('src="data:image/png;base64,') >= 2, "the plot and the panels"
    assert html.count("<table") >= 4
    assert "flex-wrap: wrap" in html and "after: " in html, "the strips side by side"
    assert "UnknownName" not in html and "Traceback" not in html


def test_nbconvert_writes_latex_with_every_figure(once):
    """The sources of a PDF: every figure is a picture, and nothing asks for another program to convert it."""
    figures = nbformat.from_dict(once)
    for cell in figures.cells:  # Tables go through pandoc, which not every machine has.
        cell.outputs = [out for out in cell.outputs if "image/png" in out.get("data", {})]
    latex, resources = LatexExporter().from_notebook_node(figures)
    pictures = [name for name in resources["outputs"] if name.endswith(".png")]
    shown = bundles(figures)
    assert len(pictures) == len(shown) and latex.count("\\adjustimage") == len(shown)
    assert not [name for name in resources["outputs"] if not name.endswith(".png")]


def test_papermill_injects_parameters(tmp_path):
    """Papermill writes the parameters as Python literals; they are cells of this language too."""
    notebook = new_notebook(
        cells=[
            new_code_cell("var steps = 1\nvar rate = 0.5\nvar name = \"none\"\nvar seeds = [0]\nvar flag = false",
                          metadata={"tags": ["parameters"]}),
            new_code_cell('print(steps * 2, rate, name, seeds[1], flag, nothing == nil)'),
        ],
        metadata={"kernelspec": {"name": NAME, "display_name": "OPSD", "language": "swift"}})
    nbformat.write(notebook, tmp_path / "in.ipynb")
    papermill.execute_notebook(
        str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), kernel_name=NAME, language="python",
        parameters={"steps": 21, "rate": 0.01, "name": "ada", "seeds": [1, 7], "flag": True, "nothing": None},
        progress_bar=False, log_output=False)
    result = nbformat.read(tmp_path / "out.ipynb", as_version=4)
    assert "".join(out.text for out in result.cells[-1].outputs) == "42 0.01 ada 7 true true\n"


def test_jupyter_run_executes_a_file(tmp_path):
    (tmp_path / "cells.swift").write_text("let x = 6\nprint(x * 7)\n")
    done = subprocess.run(
        [sys.executable, "-m", "jupyter", "run", f"--kernel={NAME}", "cells.swift"],
        cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout.strip() == "42", done.stderr
