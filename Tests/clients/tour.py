"""What a person does at the keyboard, in a real JupyterLab and a headless Chromium: completes names and paths, asks what
something is, drags a slider, reloads the page, watches a training, stops it, restarts the kernel. Each step is checked and
photographed.

    python tour.py [--pictures FOLDER] [--kernel opsd]

Chromium and its driver must be installed (Debian: chromium chromium-driver). The exit status is 1 where a step failed.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import APP, DARK, LIGHT, Lab, Page, chromium

SETUP = '''let base = model("base")
let practice = addition(digits: 2...4).problems(200, seed: 1)
let exam = addition(digits: 2...4).problems(20, split: .heldOut, seed: 2)
let y = base.rollout(exam[1], seed: 3)
let d = base.distributions(along: y)'''
SLIDER = "slider(0...1) { beta in d.show(.jsd(beta: beta)) }"
CONTROLS = '''explore(slider(0...1), slider(0...d.count - 1, value: 13)) { beta, n in
  d[n].top(6, .jsd(beta: beta))
}'''
TRAINING = "let run = train(base, on: practice, with: .opsd(), steps: 10_000)"
CELL = APP + "const cell = panel.content.activeCell;"


class Tour:
    def __init__(self, page, pictures):
        self.page, self.browser, self.pictures = page, page.browser, pictures
        self.faults = []

    def check(self, what, holds, seen=""):
        print(("ok      " if holds else "FAILED  ") + what + ("" if holds else f": {seen}"))
        if not holds:
            self.faults.append(what)

    def picture(self, name):
        """What a person sees now."""
        self.browser.save_screenshot(str(self.pictures / f"{name}.png"))

    def see(self, selector, patience=20):
        """The text of what appears there; empty where nothing does."""
        try:
            self.page.wait(
                "const e = document.querySelector(arguments[0]); return e && e.innerText.trim().length > 0", patience, selector)
        except Exception:
            return ""
        return self.browser.find_element(By.CSS_SELECTOR, selector).text

    def write(self, code):
        """Puts the cursor at the end of a new last cell that holds this."""
        self.page.ask(APP + "panel.content.activeCellIndex = panel.content.widgets.length - 1;")
        self.page.command("notebook:insert-cell-below")
        self.page.ask(CELL + "cell.model.sharedModel.setSource(arguments[0]);", code)
        self.page.command("notebook:enter-edit-mode")
        self.page.ask(
            CELL + "const e = cell.editor; e.setCursorPosition(e.getPositionAt(arguments[0])); e.focus();"
            "cell.node.scrollIntoView({block: 'center'});", len(code))
        time.sleep(0.5)

    def run(self, code, patience=60):
        """Runs a new last cell; gives the text of its output."""
        self.write(code)
        self.page.command("notebook:run-cell")
        self.page.wait(CELL + "return cell.model.executionCount && cell.model.executionState !== 'running';", patience)
        self.page.wait_until_idle()
        time.sleep(1)
        self.page.ask(CELL + "cell.node.scrollIntoView({block: 'center'});")
        return self.output()

    def output(self):
        return self.page.ask(CELL + "return cell.outputArea.node.innerText;")

    def completes(self, code, expected, name):
        self.write(code)
        self.page.command("completer:invoke-notebook")
        seen = self.see(".jp-Completer")
        self.check(f"completion of {code.splitlines()[-1]}", expected in seen, seen)
        self.picture(name)
        self.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
        time.sleep(0.3)

    def asks(self, code, expected, name):
        self.write(code)
        self.page.command("tooltip:launch-notebook")
        seen = self.see(".jp-Tooltip")
        self.check(f"Shift-Tab in {code}", all(word in seen for word in expected), seen)
        self.picture(name)
        self.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
        time.sleep(0.3)

    def drags(self, before):
        """Moves the slider of the active cell by the keyboard, and waits for what follows."""
        handle = self.browser.find_elements(By.CSS_SELECTOR, ".jp-mod-active .noUi-handle")
        if not handle:
            return ""
        for _ in range(20):
            handle[0].send_keys(Keys.ARROW_RIGHT)
        try:
            self.page.wait(CELL + "return cell.outputArea.node.innerText !== arguments[0];", 20, before)
        except Exception:
            pass
        time.sleep(1)
        return self.output()


def go(tour):
    page = tour.page
    tour.check("a first cell", tour.run(SETUP).strip() == "")
    tour.completes("eval", "evaluate", "completion-command")
    tour.completes("train(base, on: practice, s", "steps:", "completion-label")
    tour.completes("train(base, on: practice, with: .op", "opsd", "completion-case")
    tour.completes("d.", "teacher", "completion-member")
    tour.completes('model("ba', "base", "completion-model")
    tour.completes('model("./', "models/", "completion-path")
    tour.asks("train(", ["train(", "steps", "on"], "tooltip-command")
    tour.asks("d", ["Distributions"], "tooltip-value")

    shown = tour.run(SLIDER)
    tour.check("a slider with its result", "beta" in shown and "nats" in shown, shown)
    moved = tour.drags(shown)
    tour.check("dragging moves the result", moved != shown and "nats" in moved, moved)
    tour.picture("slider-light")
    page.command("apputils:change-theme", {"theme": DARK})
    time.sleep(2)
    tour.picture("slider-dark")
    page.command("apputils:change-theme", {"theme": LIGHT})
    shown = tour.run(CONTROLS)
    tour.check("two sliders with one result", "share" in shown and "beta" in shown, shown)
    tour.picture("explore")

    page.command("docmanager:save")
    time.sleep(2)
    page.reload()
    page.ask(APP + "const i = panel.content.widgets.findIndex(c => c.model.sharedModel.source.startsWith('slider('));"
             "panel.content.activeCellIndex = i; panel.content.activeCell.node.scrollIntoView({block: 'center'});")
    page.wait("return document.querySelector('.jp-mod-active .noUi-handle')", 30)
    shown = tour.output()
    moved = tour.drags(shown)
    tour.check("after the page is reloaded the slider still moves the result", moved != shown, moved)
    tour.picture("slider-reloaded")

    tour.write(TRAINING)
    page.command("notebook:run-cell")
    page.wait(CELL + "return cell.outputArea.node.querySelector('canvas, .vega-embed')", 60)
    time.sleep(2)
    page.ask(CELL + "cell.node.scrollIntoView({block: 'center'});")
    tour.picture("training-live")
    progress = tour.output()
    tour.check("a training says how far it is", "steps/s" in progress and "left" in progress, progress)
    page.ask(APP + "const i = panel.content.widgets.findIndex(c => c.model.sharedModel.source.startsWith('slider('));"
             "panel.content.activeCellIndex = i; panel.content.activeCell.node.scrollIntoView({block: 'center'});")
    shown = tour.output()
    moved = tour.drags(shown)
    tour.check("the slider moves the result while another cell trains", moved != shown, moved)
    busy = page.ask(APP + "return panel.sessionContext.session.kernel.status")
    tour.check("and the training still runs", busy == "busy", busy)
    begun = time.monotonic()
    page.press("interrupt")
    page.wait(APP + "return panel.sessionContext.session.kernel.status === 'idle'", 60)
    print(f"        stopped after {time.monotonic() - begun:.1f} s (polled twice a second)")
    kept = tour.run("run.loss.count > 0 ? \"kept\" : \"lost\"")
    tour.check("a training that was stopped keeps its steps", "kept" in kept, kept)
    tour.picture("stopped")

    page.ask(APP + "return panel.sessionContext.session.kernel.restart();")
    page.wait(APP + "return panel.sessionContext.session.kernel.status === 'idle'", 60)
    forgotten = tour.run("base")
    tour.check("a restarted kernel has forgotten", "base" in forgotten and "no" in forgotten.lower(), forgotten)
    counted = page.ask(CELL + "return cell.model.executionCount")
    tour.check("and counts from 1", counted == 1, counted)
    tour.picture("restarted")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernel", default="opsd")
    parser.add_argument("--pictures", type=Path, default=Path(".build/pictures/tour"))
    options = parser.parse_args()
    options.pictures.mkdir(parents=True, exist_ok=True)
    notebook = new_notebook(cells=[new_code_cell("// a tour")])
    notebook.metadata.kernelspec = {"name": options.kernel, "display_name": options.kernel}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "models").mkdir()
        nbformat.write(notebook, Path(folder) / "tour.ipynb")
        lab, browser = Lab(folder), chromium()
        try:
            tour = Tour(Page(browser, lab.page("tour.ipynb"), 300), options.pictures)
            go(tour)
        finally:
            browser.save_screenshot(str(options.pictures / "last.png"))
            browser.quit()
            lab.close()
    print("the tour is complete" if not tour.faults else f"{len(tour.faults)} failed")
    sys.exit(1 if tour.faults else 0)


if __name__ == "__main__":
    main()
