#!/usr/bin/env python3
"""libmail.Directory: the config folder, read."""

import pathlib
import tempfile
import unittest

import libmail


class Directory(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "postfix-accounts.cf").write_text("ann@example.com|{PLAIN}x\nbob@example.com|{PLAIN}x\n")
        (self.folder / "postfix-virtual.cf").write_text(
            "# aliases\nteam@example.com ann@example.com,bob@example.com\nout@example.com eve@example.net\nlost@example.com\n")

    def test_accounts_aliases_and_what_is_wrong(self):
        directory = libmail.Directory(self.folder)
        self.assertEqual(directory.accounts, ["ann@example.com", "bob@example.com"])
        self.assertEqual([alias.address for alias in directory.aliases], ["team@example.com", "out@example.com"])
        self.assertEqual(directory.aliases[0], libmail.Alias("team@example.com", "ann@example.com,bob@example.com", 2))
        [diagnostic] = directory.diagnostics
        self.assertEqual((diagnostic.file, diagnostic.line), ("postfix-virtual.cf", 4))
        self.assertIn("postfix-virtual.cf:4: ", str(diagnostic))

    def test_resolve_says_who_and_why(self):
        directory = libmail.Directory(str(self.folder))
        team = directory.resolve("Team+x@example.com")
        self.assertEqual(team.verdict, "deliverable")
        self.assertEqual([r.address for r in team.recipients], ["ann@example.com", "bob@example.com"])
        self.assertEqual((team.path[0].file, team.path[0].line), ("postfix-virtual.cf", 2))
        [out] = directory.resolve("out@example.com").recipients
        self.assertEqual((out.address, out.kind), ("eve@example.net", "remote"))
        self.assertEqual(directory.resolve("nobody@example.com").recipients, [])
        self.assertEqual(libmail.resolve(self.folder, "ann@example.com").recipients[0].address, "ann@example.com")

    def test_what_was_read_stays_as_it_was(self):
        directory = libmail.Directory(self.folder)
        (self.folder / "postfix-accounts.cf").unlink()
        self.assertEqual(len(directory.accounts), 2)
        self.assertEqual(libmail.Directory(self.folder).accounts, [])

    def test_a_missing_folder_is_named(self):
        with self.assertRaisesRegex(libmail.Error, "/nowhere") as caught:
            libmail.Directory("/nowhere")
        self.assertEqual(caught.exception.code, "NOT_FOUND")


if __name__ == "__main__":
    unittest.main()
