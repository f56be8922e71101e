#!/usr/bin/env python3
"""FindBoringSSL.cmake takes BoringSSL and refuses OpenSSL, by a sentence that says which it met and what to do.

Runs CMake on a project of three lines against made-up prefixes.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import tree

MODULES = tree.ROOT / "libmail/cmake"
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(probe LANGUAGES NONE)
set(CMAKE_FIND_LIBRARY_PREFIXES lib)
set(CMAKE_FIND_LIBRARY_SUFFIXES .so .a)
list(APPEND CMAKE_MODULE_PATH @MODULES@)
find_package(BoringSSL REQUIRED)
message(STATUS "taken: ${BoringSSL_INCLUDE_DIR}")
"""
BORING = "#define OPENSSL_IS_BORINGSSL\n"
OPENSSL = "/* Copyright The OpenSSL Project Authors */\n"


def configure(folder, base_header, libraries=True, modules=MODULES):
    """What CMake says, in one line, when BORINGSSL_ROOT is a prefix made of these."""
    prefix = folder / "prefix"
    headers = prefix / "include/openssl"
    headers.mkdir(parents=True)
    (headers / "ssl.h").write_text("")
    if base_header is not None:
        (headers / "base.h").write_text(base_header)
    (prefix / "lib").mkdir()
    if libraries:
        for name in ("libssl.so", "libcrypto.so"):
            (prefix / "lib" / name).write_text("")
    (folder / "CMakeLists.txt").write_text(PROJECT.replace("@MODULES@", str(modules)))
    run = subprocess.run(["cmake", "-S", folder, "-B", folder / "build", "-G", "Ninja", f"-DBORINGSSL_ROOT={prefix}"],
                         capture_output=True, text=True)
    return run.returncode, re.sub(r"\s+", " ", run.stdout + run.stderr)


def faults(expected_to_succeed, expected_words, *prefix, **options):
    with tempfile.TemporaryDirectory() as folder:
        code, said = configure(pathlib.Path(folder), *prefix, **options)
    if (code == 0) != expected_to_succeed:
        yield f"{'refused' if code else 'taken'}: {said}"
    elif expected_words not in said:
        yield f"nobody said '{expected_words}': {said}"


def check():
    return [
        *faults(True, "taken: ", BORING),
        *faults(False, "holds OpenSSL, not BoringSSL", OPENSSL),
        *faults(False, "holds OpenSSL, not BoringSSL", None),  # OpenSSL 3 has no openssl/base.h
        *faults(False, "Install android-libboringssl-dev", OPENSSL),
        *faults(False, "BORINGSSL_ROOT", BORING, libraries=False),
    ]


def self_test():
    with tempfile.TemporaryDirectory() as modules:
        blind = pathlib.Path(modules)
        (blind / "FindBoringSSL.cmake").write_text("set(BoringSSL_FOUND TRUE)\nset(BoringSSL_INCLUDE_DIR x)\n")
        tree.self_test([
            ("a module that takes anything", faults(False, "OpenSSL", OPENSSL, modules=blind), "taken"),
            ("other words", faults(True, "hello", BORING, modules=blind), "nobody said"),
        ])


if __name__ == "__main__":
    if "--self-test" in sys.argv:
        self_test()
    tree.report(check(), "FindBoringSSL takes BoringSSL and names OpenSSL")
