"""Runs a notebook without a browser and prints what its cells say: the loss table, and the accuracy before and after."""

import sys

import nbformat
from nbclient import NotebookClient


def texts(cell):
    """What a console would show of a cell."""
    for output in cell.outputs:
        if output.output_type == "stream":
            yield output.text.rstrip()
        elif "data" in output:
            yield output.data["text/plain"].rstrip()


def main():
    path = sys.argv[1]
    notebook = nbformat.read(path, as_version=4)
    print(f"Running {path}: about a minute on two processor cores", flush=True)
    NotebookClient(notebook, kernel_name="opsd", timeout=1800).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code" and any(word in cell.source for word in ("train(", "evaluate(")):
            print("\n" + "\n".join(f"    {line}" for line in cell.source.splitlines()) + "\n")
            print("\n".join(texts(cell)), flush=True)


if __name__ == "__main__":
    main()
