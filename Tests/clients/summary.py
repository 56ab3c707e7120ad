"""Adds up the reports of the two runners; the last line says how many tests passed and failed."""

import sys
from pathlib import Path
from xml.etree import ElementTree


def count(path):
    """Passed, failed and skipped tests of a JUnit report; nothing passed and one failed where there is no report."""
    if not Path(path).exists():
        print(f"{path} was not written: that runner did not finish")
        return 0, 1, 0
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))
    failed = sum(any(case.find(kind) is not None for kind in ("failure", "error")) for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases) - failed - skipped, failed, skipped


passed, failed, skipped = (sum(column) for column in zip(*map(count, sys.argv[1:])))
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(1 if failed or not passed else 0)
