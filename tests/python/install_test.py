#!/usr/bin/env python3
"""`pip install --no-build-isolation .`: offline, in a venv that sees the system's packages."""

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import libmail

TREE = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(libmail.__file__).parents[2]
MISSING = [name for name in ("pip", "setuptools", "wheel", "venv") if importlib.util.find_spec(name) is None]

USE = """
import libmail, pathlib
assert "site-packages" in libmail.__file__, libmail.__file__
package = pathlib.Path(libmail.__file__).parent
assert all((package / name).exists() for name in ("py.typed", "_libmail.pyi")), list(package.iterdir())
with libmail.Server({"ann@example.com": "secret"}) as server:
    server.add_message("ann@example.com", "Subject: x\\n\\ny\\n")
    print(len(server.messages("ann@example.com")))
"""


def run(*command, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=280,
                          env={**kept, **environment})
    return done.returncode, done.stdout + done.stderr


@unittest.skipIf(MISSING, f"{', '.join(MISSING)} cannot be imported (Debian: python3-pip, -setuptools, -wheel, -venv)")
class Install(unittest.TestCase):
    def test_pip_installs_the_package_offline(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            tree = folder / "tree"  # pip leaves things beside setup.py
            (tree / "bindings" / "python").mkdir(parents=True)
            for file in ("pyproject.toml", "setup.py", "CMakeLists.txt", "README.md", "LICENSE"):
                shutil.copy(TREE / file, tree)
            shutil.copytree(TREE / "bindings" / "python" / "libmail", tree / "bindings" / "python" / "libmail")
            # The system's own pip: --without-pip saves five seconds.
            code, said = run(sys.executable, "-m", "venv", "--system-site-packages", "--without-pip", folder / "venv")
            self.assertEqual(code, 0, said)
            python = folder / "venv" / "bin" / "python"
            code, said = run(python, "-m", "pip", "install", "--no-build-isolation", "--no-index",
                             "--disable-pip-version-check", tree, LIBMAIL_BUILD_DIR=str(BUILD))
            self.assertEqual(code, 0, said)
            code, said = run(python, "-c", USE)
            self.assertEqual((code, said), (0, "1\n"))
            code, said = run(python, "-m", "pip", "show", "libmail")
            version = TREE.joinpath("CMakeLists.txt").read_text().split("VERSION ", 2)[2].split()[0]
            self.assertIn(f"Version: {version}\n", said)


if __name__ == "__main__":
    unittest.main()
