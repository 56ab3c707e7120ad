"""Adds up the reports of the two runners; the last line says how many tests passed and failed."""

import sys
from pathlib import Path
from xml.etree import ElementTree


def count(pattern):
    """Passed, failed and skipped tests of a runner's JUnit reports; one failed where it wrote none."""
    # What Swift's runner adds to the name of its report depends on its version.
    reports = sorted(Path().glob(pattern))
    if not reports:
        print(f"{pattern} was not written: that runner did not finish")
        return 0, 1, 0
    cases = [case for report in reports for case in ElementTree.parse(report).getroot().iter("testcase")]
    failed = sum(any(case.find(kind) is not None for kind in ("failure", "error")) for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    return len(cases) - failed - skipped, failed, skipped


passed, failed, skipped = (sum(column) for column in zip(*map(count, sys.argv[1:])))
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
sys.exit(1 if failed or not passed else 0)
