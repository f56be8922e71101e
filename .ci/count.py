#!/usr/bin/env python3
"""Adds up JUnit files of ctest: "N passed, N failed" and, when there were some, ", N skipped"."""

import sys
import xml.etree.ElementTree

passed = failed = skipped = 0
for name in sys.argv[1:]:
    for case in xml.etree.ElementTree.parse(name).getroot().iter("testcase"):
        status = case.get("status")
        passed += status == "run"
        failed += status == "fail"
        skipped += status in ("notrun", "disabled")
print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
