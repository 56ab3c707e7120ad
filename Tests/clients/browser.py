"""A notebook in a real browser: JupyterLab is started, the notebook is opened in a headless Chromium and run, pictures are
taken of it in the light and in the dark theme.

    python browser.py Notebooks/01-opsd-step-by-step.ipynb [--pictures FOLDER] [--kernel opsd]
    python browser.py --stop        # a notebook of its own: training is stopped by the stop button, and the next cell runs

Chromium and its driver must be installed (Debian: chromium chromium-driver). The notebook is run as a copy: the file
itself stays as it is. The exit status is 1 where a cell failed or did not end.
"""

import argparse
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

TRAINING = [
    'let problems = addition().problems(200, seed: 1)',
    'let run = train(model("base"), on: problems, with: .opsd(), steps: 10_000)',
    '"the next cell runs, after \\(run.loss.count > 0)"',
]
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
# In the page: the application, the notebook that is open, and what its cells are up to.
APP = "const app = window.jupyterapp; const panel = app.shell.currentWidget;"


class Lab:
    """A JupyterLab server on a folder, with settings of its own: a person's stay as they are."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.token = secrets.token_hex(16)
        self.address = f"http://127.0.0.1:{port}"
        self.home = tempfile.TemporaryDirectory()
        # Every cell is drawn, not only those in sight: a picture shows the whole notebook.
        settings = Path(self.home.name) / ".jupyter/lab/user-settings/@jupyterlab/notebook-extension"
        settings.mkdir(parents=True)
        (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}')
        self.log = open(Path(self.home.name) / "server.log", "w+")
        root = ["--allow-root"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
             f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={self.token}", "--LabApp.expose_app_in_browser=True",
             *root],
            stdout=self.log, stderr=subprocess.STDOUT, env={**os.environ, "HOME": self.home.name})
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                return urlopen(f"{self.address}/api?token={self.token}", timeout=1).close()
            except OSError:
                time.sleep(0.2)
        self.log.seek(0)
        sys.exit(f"JupyterLab did not start:\n{self.log.read()}")

    def page(self, notebook):
        return f"{self.address}/lab/tree/{notebook}?token={self.token}&reset"

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=30)
        self.log.close()
        self.home.cleanup()


def chromium():
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,1000",
                 "--hide-scrollbars", "--force-device-scale-factor=1"):
        options.add_argument(flag)
    options.binary_location = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not options.binary_location or not driver:
        sys.exit("Chromium and its driver are needed (Debian: apt-get install chromium chromium-driver)")
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))


class Page:
    """The open notebook."""

    def __init__(self, browser, address, patience):
        self.browser, self.patience = browser, patience
        browser.get(address)
        self.wait_until_ready()

    def reload(self):
        """Loads the page anew; the kernel goes on."""
        self.browser.refresh()
        self.wait_until_ready()

    def wait_until_ready(self):
        self.wait(
            APP + "if (!app || !panel || !panel.sessionContext) return false;"
            "return panel.sessionContext.isReady && panel.sessionContext.session?.kernel?.status === 'idle'"
            " && panel.content.model.cells.length > 0;", 120)
        self.ask("window.jupyterapp.shell.collapseLeft();")

    def ask(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def wait(self, script, patience=None, *arguments):
        WebDriverWait(self.browser, patience or self.patience, 0.5).until(lambda _: self.ask(script, *arguments))

    def command(self, name, arguments=None):
        self.ask(APP + "app.commands.execute(arguments[0], arguments[1] || {});", name, arguments)

    def cells(self):
        """Of each code cell: its execution count and its outputs as they would be saved."""
        return self.ask(
            APP + "return [...panel.content.model.cells].filter(c => c.type === 'code')"
            ".map(c => ({count: c.executionCount, source: c.sharedModel.source, outputs: c.outputs.toJSON()}));")

    def wait_until_idle(self):
        self.wait(
            APP + "return panel.sessionContext.session.kernel.status === 'idle' && "
            "[...panel.content.model.cells].every(c => c.type !== 'code' || c.executionState !== 'running')")

    def draw_again(self):
        """Saves the notebook and opens it anew, with its outputs as they are."""
        self.command("docmanager:save")
        self.wait(APP + "return !panel.content.model.dirty", 60)
        self.reload()
        time.sleep(5)

    def press(self, item):
        """Clicks a button of the notebook's toolbar, as a person does."""
        self.browser.find_element(
            By.CSS_SELECTOR, f'.jp-NotebookPanel-toolbar [data-jp-item-name="{item}"] jp-button').click()

    def picture(self, file):
        """The whole notebook from top to bottom: the window is made as tall as it is."""
        self.browser.set_window_size(1280, 1000)
        self.command("notebook:deselect-all")
        height = self.ask(
            APP + "const w = panel.content.node.querySelector('.jp-WindowedPanel-inner') || panel.content.node;"
            "return Math.max(w.scrollHeight, panel.content.node.scrollHeight);")
        self.browser.set_window_size(1280, min(int(height) + 400, 16000))
        time.sleep(2)
        self.ask(APP + "(panel.content.outerNode || panel.content.node).scrollTop = 0;")
        time.sleep(1)
        self.browser.save_screenshot(str(file))
        print(f"picture: {file}")

    def outputs(self, folder, suffix):
        """The output of each code cell that has one, as a file of its own, numbered like the cell."""
        for cell in self.browser.find_elements(By.CSS_SELECTOR, ".jp-CodeCell"):
            output = cell.find_element(By.CSS_SELECTOR, ".jp-Cell-outputWrapper")
            if output.size["height"] < 20:
                continue
            count = cell.find_element(By.CSS_SELECTOR, ".jp-InputPrompt").text.strip("[]: ")
            cell.screenshot(str(folder / f"cell-{count}-{suffix}.png"))


def failures(cells):
    return [
        f"{out['ename']}: {out['evalue']}\n  in {cell['source']}"
        for cell in cells for out in cell["outputs"] if out["output_type"] == "error"
    ] + [f"not run: {cell['source']}" for cell in cells if cell["source"].strip() and not cell["count"]]


def run_all(page, pictures, name, each=False):
    page.command("notebook:run-all-cells")
    page.wait(APP + "return [...panel.content.model.cells].filter(c => c.type === 'code' && c.sharedModel.source.trim())"
              ".every(c => c.executionCount) || panel.content.node.querySelector('.jp-RenderedText[data-mime-type*=error]')")
    page.wait_until_idle()
    time.sleep(2)
    faults = failures(page.cells())
    for theme, suffix in ((LIGHT, "light"), (DARK, "dark")):
        page.command("apputils:change-theme", {"theme": theme})
        # JupyterLab draws a chart in the colours of the theme it is drawn under, and not again when the theme changes.
        page.draw_again()
        page.picture(pictures / f"{name}-{suffix}.png")
        if each:
            page.outputs(pictures, suffix)
    return faults


def stop_training(page, pictures, name):
    """Runs the cells, presses the stop button in the middle of training, runs the last cell."""
    count = len(page.cells())
    page.command("notebook:run-all-above")
    page.ask(APP + "panel.content.activeCellIndex = arguments[0];", count - 1)
    page.command("notebook:run-all-above")
    page.wait(APP + "return [...panel.content.model.cells][arguments[0]].outputs.length > 0", 120, count - 2)
    time.sleep(3)
    page.picture(pictures / f"{name}-training.png")
    begun = time.monotonic()
    page.press("interrupt")
    page.wait(f"{APP} return panel.sessionContext.session.kernel.status === 'idle'", 60)
    print(f"stopped after {time.monotonic() - begun:.1f} s (polled twice a second)")
    page.command("notebook:run-cell")  # the last, which is active
    page.wait(APP + "return [...panel.content.model.cells][arguments[0]].executionCount", 60, count - 1)
    page.wait_until_idle()
    page.picture(pictures / f"{name}-stopped.png")
    last = page.cells()[-1]
    return [] if any("the next cell runs" in json.dumps(out) for out in last["outputs"]) else [f"the next cell gave {last}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebook", nargs="?", type=Path)
    parser.add_argument("--kernel", default="opsd")
    parser.add_argument("--pictures", type=Path, default=Path(".build/pictures"))
    parser.add_argument("--patience", type=int, default=900, help="seconds that all cells together may take")
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--each", action="store_true", help="also a picture of every cell that shows something")
    options = parser.parse_args()
    if options.stop:
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in TRAINING])
        name = "stop"
    elif options.notebook:
        notebook = nbformat.read(options.notebook, as_version=4)
        name = options.notebook.stem
    else:
        parser.error("name a notebook, or give --stop")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata.kernelspec = {"name": options.kernel, "display_name": options.kernel}
    options.pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        nbformat.write(notebook, Path(folder) / f"{name}.ipynb")
        lab, browser = Lab(folder), chromium()
        try:
            page = Page(browser, lab.page(f"{name}.ipynb"), options.patience)
            if options.stop:
                faults = stop_training(page, options.pictures, name)
            else:
                faults = run_all(page, options.pictures, name, options.each)
        finally:
            browser.quit()
            lab.close()
    for fault in faults:
        print(f"FAILED {fault}")
    print("the browser is content" if not faults else f"{len(faults)} failed")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
