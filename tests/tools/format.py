#!/usr/bin/env python3
"""clang-format decides how code looks. `format.py --write` does what it says."""

import os
import shutil
import subprocess
import sys
import tempfile

import tree

CLANG_FORMAT = "clang-format-19"


def badly_formatted(paths, style):
    if not paths:
        return []
    command = [CLANG_FORMAT, f"--style=file:{style}", "--dry-run", "-Werror"]
    halves = [paths[i :: os.cpu_count() or 1] for i in range(os.cpu_count() or 1)]
    running = [subprocess.Popen(command + half, stderr=subprocess.PIPE, text=True) for half in halves if half]
    faults = []
    for process in running:
        errors = process.communicate()[1]
        places = [line.split(":")[0:2] for line in errors.splitlines() if ": error:" in line]
        first = {}
        for path, line in places:
            first.setdefault(path, line)
        faults += [f"{path}:{line}: tests/tools/format.py --write would change it" for path, line in first.items()]
        if process.returncode and not places:
            faults.append(errors)
    return sorted(faults)


def self_test(style):
    with tempfile.TemporaryDirectory() as folder:
        def faults(text):
            path = os.path.join(folder, "x.cc")
            with open(path, "w") as file:
                file.write(text)
            return badly_formatted([path], style)

        tree.self_test([
            ("good", faults("int f() { return 1; }\n"), None),
            ("bad", faults("int f( ){return 1 ;}\n"), "x.cc:1"),
            ("too long", faults(f"int x = {' + '.join(['1'] * 40)};\n"), "x.cc:1"),
        ])


if __name__ == "__main__":
    if not shutil.which(CLANG_FORMAT):
        print(f"skipped: no {CLANG_FORMAT}")
        sys.exit(tree.SKIPPED)
    style = tree.ROOT / ".clang-format"
    if "--self-test" in sys.argv:
        self_test(style)
    names = [str(path) for path in tree.sources()]
    if "--write" in sys.argv:
        subprocess.run([CLANG_FORMAT, "-i", *names], check=True)
    tree.report(badly_formatted(names, style), f"{len(names)} files look as clang-format wants")
