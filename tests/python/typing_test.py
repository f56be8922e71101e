#!/usr/bin/env python3
"""The type hints: complete, true, and enough for whoever uses them."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import libmail

PACKAGE = pathlib.Path(libmail.__file__).parent
TREE = pathlib.Path(__file__).parents[2]
# What pybind11 makes its classes of is no concern of the stub: their members are compared all the same.
ALLOWED = r"libmail\._libmail\.[A-Z]\w+(\.__init__)?" "\n"

USE = """
import libmail

directory = libmail.Directory("/etc/maild")
reveal_type(directory["ann@example.com"].quota.octets)
reveal_type(directory.maildir("ann@example.com").inbox.messages())
reveal_type(libmail.Settings("/etc/maild")["LOG_LEVEL"].value)
directory.add_account(5, "secret")
"""


def run(*command, **environment):
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=250, cwd=cache,
            env={**os.environ, "MYPYPATH": str(PACKAGE.parent), "PYTHONPATH": str(PACKAGE.parent),
                 "MYPY_CACHE_DIR": cache, **environment})
    return done.returncode, done.stdout + done.stderr


@unittest.skipUnless(shutil.which("mypy"), "mypy is not here (Debian: mypy)")
class Types(unittest.TestCase):
    maxDiff = None

    def test_the_package_is_typed_throughout(self):
        code, said = run("mypy", "--strict", "-p", "libmail")
        self.assertEqual(code, 0, said)

    def test_the_examples_are_typed(self):
        examples = [path for path in sorted((TREE / "examples").glob("*.py")) if "import libmail" in path.read_text()]
        code, said = run("mypy", "--strict", *map(str, examples))
        self.assertEqual(code, 0, said)

    def test_a_user_is_told_the_types(self):
        with tempfile.NamedTemporaryFile("w", suffix=".py") as program:
            program.write(USE)
            program.flush()
            _, said = run("mypy", "--strict", program.name)
        for words in ('"builtins.int"', "MaildirMessage]", '"Union[builtins.str, builtins.int',
                      'Argument 1 to "add_account" of "_Edits" has incompatible type "int"', "Found 1 error"):
            self.assertIn(words, said)

    @unittest.skipUnless(shutil.which("stubtest"), "stubtest is not here (Debian: mypy)")
    def test_the_stub_of_the_extension_has_what_the_extension_has(self):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as allowed:
            allowed.write(ALLOWED)
            allowed.flush()
            code, said = run("stubtest", "libmail._libmail", "--allowlist", allowed.name, "--ignore-unused-allowlist")
        if "was built for another Python" in said:
            self.skipTest(f"stubtest runs in another Python than {sys.executable}")
        self.assertEqual(code, 0, said)

    def test_all_that_is_public_says_what_it_is(self):
        silent = [name for name in libmail.__all__ if not getattr(libmail, name).__doc__]
        for kind in (libmail.Directory, libmail.Maildir, libmail.Folder, libmail.Server, libmail.Settings):
            silent += [f"{kind.__name__}.{name}" for name, member in vars(kind).items()
                       if not name.startswith("_") and callable(member) and not member.__doc__]
        self.assertEqual(silent, [])


if __name__ == "__main__":
    unittest.main()
