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

    def test_an_editor_changes_the_files_as_mailctl_does(self):
        editor = libmail.Editor(self.folder)
        editor.add_account("carol@example.com", "secret", scheme="SCRAM-SHA-256")
        editor.add_alias("info@example.com", "carol@example.com")
        editor.add_forward("ann@example.com", "ann@example.net")
        editor.set_quota("carol@example.com", "5G")
        editor.add_master("root", "master")
        editor.restrict("bob@example.com", sending=True)
        directory = libmail.Directory(self.folder)
        self.assertEqual(directory.accounts[-1], "carol@example.com")
        self.assertEqual(directory.masters, ["root"])
        self.assertEqual(directory.quota("carol@example.com").octets, 5 * 2 ** 30)
        self.assertIsNone(directory.quota("nobody@example.com"))
        self.assertTrue(directory.verify_password("carol@example.com", "secret"))
        self.assertTrue(directory.verify_password("carol@example.com*root", "master"))
        self.assertFalse(directory.verify_password("carol@example.com", "Secret"))
        self.assertEqual([r.address for r in directory.resolve("ann@example.com").recipients],
                         ["ann@example.com", "ann@example.net"])
        self.assertRegex((self.folder / "postfix-send-access.cf").read_text(), r"^bob@example\.com\s+REJECT\n$")
        editor.suspend_account("carol@example.com")
        directory = libmail.Directory(self.folder)
        self.assertTrue(directory.is_suspended("carol@example.com"))
        self.assertFalse(directory.verify_password("carol@example.com", "secret"))
        editor.resume_account("carol@example.com")
        editor.unrestrict("bob@example.com", sending=True)
        self.assertTrue(editor.delete_alias("info@example.com", "carol@example.com"))
        self.assertFalse(editor.delete_alias("info@example.com", "carol@example.com"))
        editor.delete_account("carol@example.com")
        self.assertEqual(libmail.Directory(self.folder).accounts, ["ann@example.com", "bob@example.com"])

    def test_an_edit_that_is_refused_raises_and_changes_nothing(self):
        editor = libmail.Editor(self.folder)
        before = {path.name: path.read_bytes() for path in self.folder.glob("*.cf")}
        for call, code in ((lambda: editor.add_account("ann@example.com", "x"), "already_exists"),
                           (lambda: editor.add_account("ann", "x"), "invalid_argument"),
                           (lambda: editor.add_account("new@example.com", "x", scheme="ROT13"), "invalid_argument"),
                           (lambda: editor.add_account("new@example.com", ""), "invalid_argument"),
                           (lambda: editor.update_account("nobody@example.com", "x"), "not_found"),
                           (lambda: editor.delete_account("nobody@example.com"), "not_found"),
                           (lambda: editor.set_quota("ann@example.com", "much"), "invalid_argument")):
            with self.assertRaises(libmail.Error) as raised:
                call()
            self.assertEqual(raised.exception.code, code.upper())
        self.assertEqual({path.name: path.read_bytes() for path in self.folder.glob("*.cf")}, before)

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
