#!/usr/bin/env python3
"""Python's OpenSSL and libmail's BoringSSL in one process: same names, never the same function."""

import glob
import os
import pathlib
import subprocess
import sys
import unittest

import libmail

EXTENSION = pathlib.Path(libmail._engine._libmail.__file__)

HANDSHAKES = """
import imaplib, smtplib
with libmail.Server({"ann@example.com": "secret"}) as server:
    for _ in range(3):
        with smtplib.SMTP(*server.smtp) as smtp:
            smtp.starttls(context=server.ssl_context())
            smtp.sendmail("eve@example.net", ["ann@example.com"], "Subject: x\\n\\ny\\n")
        with imaplib.IMAP4_SSL(*server.imaps, ssl_context=server.ssl_context()) as imap:
            imap.login("ann@example.com", "secret")
            imap.select()
import hashlib, ssl
assert ssl.OPENSSL_VERSION.startswith("OpenSSL"), ssl.OPENSSL_VERSION
hashlib.new("sha512", b"x").hexdigest()
hashlib.scrypt(b"x", salt=b"y", n=16, r=8, p=1)
print(len(server.messages("ann@example.com")))
"""


def run(program, **environment):
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, **environment}, capture_output=True,
                          text=True, timeout=120)
    return done.returncode, done.stdout.strip(), done.stderr


class Symbols(unittest.TestCase):
    def test_the_extension_shows_one_symbol(self):
        shown = subprocess.run(["nm", "-D", "--defined-only", EXTENSION], capture_output=True, text=True, check=True)
        self.assertEqual([line.split()[-1] for line in shown.stdout.splitlines()], ["PyInit__libmail"])

    def test_the_extension_needs_no_openssl(self):
        needed = subprocess.run(["ldd", EXTENSION], capture_output=True, text=True, check=True).stdout
        self.assertNotRegex(needed, r"lib(ssl|crypto)\.so\.[1-9]")
        self.assertNotIn("not found", needed)

    def test_ssl_before_and_after_libmail(self):
        for order in ("import ssl, libmail", "import libmail, ssl", "import libmail", "import hashlib, smtplib, libmail"):
            with self.subTest(order):
                self.assertEqual(run(order + HANDSHAKES), (0, "3", ""))

    def test_an_openssl_that_is_loaded_into_the_global_scope_changes_nothing(self):
        import _ssl

        needed = subprocess.run(["ldd", _ssl.__file__], capture_output=True, text=True, check=True).stdout.split()
        preload = [word for word in needed if "/libssl.so" in word or "/libcrypto.so" in word]
        if len(preload) != 2:
            self.skipTest("this Python's ssl module has OpenSSL inside")
        # As in a program that links OpenSSL and embeds Python.
        self.assertEqual(run("import ssl, libmail" + HANDSHAKES, LD_PRELOAD=":".join(preload)), (0, "3", ""))

    def test_loaded_without_care_beside_a_global_openssl_it_refuses_instead_of_crashing(self):
        import _ssl

        needed = subprocess.run(["ldd", _ssl.__file__], capture_output=True, text=True, check=True).stdout.split()
        preload = [word for word in needed if "/libssl.so" in word or "/libcrypto.so" in word]
        if len(preload) != 2:
            self.skipTest("this Python's ssl module has OpenSSL inside")
        code, said, complaint = run(
            f"import sys; sys.path.insert(0, {str(EXTENSION.parent)!r}); import _libmail", LD_PRELOAD=":".join(preload))
        self.assertEqual((code, said), (1, ""))
        self.assertIn("OpenSSL into its global scope", complaint)

    def test_another_python_is_told_which_one_it_was_built_for(self):
        import shutil
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(EXTENSION.parent, pathlib.Path(folder) / "libmail")
            for extension in glob.glob(f"{folder}/libmail/_libmail*.so"):
                os.rename(extension, extension.replace("cpython-3", "cpython-2"))
            code, _, complaint = run("import libmail", PYTHONPATH=folder)
        self.assertEqual(code, 1)
        self.assertIn("built for another Python", complaint)
        self.assertIn("-DPython3_EXECUTABLE=", complaint)


if __name__ == "__main__":
    unittest.main()
