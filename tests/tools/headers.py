#!/usr/bin/env python3
"""Every public header compiles alone: the build did it (libmail/cmake/MailHeaders.cmake); here is the proof.

    headers.py BUILD_FOLDER      each header below libmail/include has its object there
    headers.py --self-test       a header that does not compile alone, or twice, is refused
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import tree

INCLUDE = tree.ROOT / "libmail/include"


def check(include, build):
    objects = build / "libmail/CMakeFiles/mail_headers_alone.dir/headers_alone"
    for path in tree.files(include, ("mail",), (".h",)):
        name = path.relative_to(include)
        if not (objects / name.with_suffix(".cc.o")).exists():
            yield f"{name} was not compiled alone"


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        headers = {
            "good": "#pragma once\n#include <string>\ninline std::string name() { return {}; }\n",
            "needy": "#pragma once\ninline std::string name() { return {}; }\n",
            "unguarded": "struct Name {};\n",
        }

        def faults(name):
            source = root / "include_dir"
            (source / "include/mail").mkdir(parents=True, exist_ok=True)
            for old in (source / "include/mail").glob("*.h"):
                old.unlink()
            (source / f"include/mail/{name}.h").write_text(headers[name])
            (source / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.25)\nproject(probe LANGUAGES CXX)\n"
                "add_library(mail_build_flags INTERFACE)\nadd_library(probe INTERFACE)\nset(MAIL_HEADERS_ALONE ON)\n"
                "add_library(mail::libmail ALIAS probe)\ntarget_include_directories(probe INTERFACE include)\n"
                f"include({tree.ROOT}/libmail/cmake/MailHeaders.cmake)\n")
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            environment = {**os.environ, "CCACHE_DISABLE": "1"}
            subprocess.run(["cmake", "-S", source, "-B", root / "build", "-G", "Ninja"], check=True, **quiet)
            built = subprocess.run(["cmake", "--build", root / "build"], env=environment, **quiet)
            return [] if built.returncode == 0 else ["refused"]

        tree.self_test([
            ("good", faults("good"), None),
            ("needs another", faults("needy"), "refused"),
            ("included twice", faults("unguarded"), "refused"),
            ("not compiled", check(root / "include_dir/include", root / "elsewhere"), "unguarded.h was not compiled"),
        ])


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
    count = len(tree.files(INCLUDE, ("mail",), (".h",)))
    tree.report(list(check(INCLUDE, pathlib.Path(sys.argv[1]))), f"{count} public headers compile alone")
