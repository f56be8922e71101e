#!/usr/bin/env python3
"""libmail.Directory: the config folder, read and changed."""

import datetime
import fcntl
import pathlib
import tempfile
import threading
import unittest

import libmail


def addresses(directory):
    return [account.address for account in directory]


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
        self.assertEqual(addresses(directory), ["ann@example.com", "bob@example.com"])
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

    def test_edits_are_those_of_mailctl(self):
        directory = libmail.Directory(self.folder)
        directory.add_account("carol@example.com", "secret", scheme="SCRAM-SHA-256")
        directory.add_alias("info@example.com", "carol@example.com")
        directory.add_forward("ann@example.com", "ann@example.net")
        directory.set_quota("carol@example.com", "5G")
        directory.add_master("root", "master")
        directory.restrict("bob@example.com", sending=True)
        self.assertEqual(addresses(directory), ["ann@example.com", "bob@example.com", "carol@example.com"])
        self.assertEqual(directory.masters, ["root"])
        self.assertEqual(directory.quota("carol@example.com").octets, 5 * 2 ** 30)
        self.assertIsNone(directory.quota("nobody@example.com"))
        self.assertTrue(directory.verify_password("carol@example.com", "secret"))
        self.assertTrue(directory.verify_password("carol@example.com*root", "master"))
        self.assertFalse(directory.verify_password("carol@example.com", "Secret"))
        self.assertEqual([r.address for r in directory.resolve("ann@example.com").recipients],
                         ["ann@example.com", "ann@example.net"])
        self.assertRegex((self.folder / "postfix-send-access.cf").read_text(), r"^bob@example\.com\s+REJECT\n$")
        directory.suspend_account("carol@example.com")
        self.assertTrue(directory.is_suspended("carol@example.com"))
        self.assertFalse(directory.verify_password("carol@example.com", "secret"))
        directory.resume_account("carol@example.com")
        directory.update_account("carol@example.com", stored="{PLAIN}other")
        self.assertTrue(directory.verify_password("carol@example.com", "other"))
        directory.unrestrict("bob@example.com", sending=True)
        self.assertTrue(directory.delete_alias("info@example.com", "carol@example.com"))
        self.assertFalse(directory.delete_alias("info@example.com", "carol@example.com"))
        directory.rename("carol@example.com", "eve@example.com")
        self.assertEqual(directory["Eve@example.com"].quota.octets, 5 * 2 ** 30)
        directory.delete_account("eve@example.com")
        self.assertEqual(addresses(libmail.Directory(self.folder)), ["ann@example.com", "bob@example.com"])

    def test_an_account_says_what_its_line_says_except_the_hash(self):
        (self.folder / "postfix-accounts.cf").write_text("# x\nAnn@example.com|{SUSPENDED}{BLF-CRYPT}$2y$secret|userdb_home=/h\n")
        (self.folder / "dovecot-quotas.cf").write_text("ann@example.com:1M\n")
        directory = libmail.Directory(self.folder)
        quota = libmail.Quota(1 << 20, (1 << 20) // 10, 0, "dovecot-quotas.cf", 1)
        account = libmail.Account("ann@example.com", "BLF-CRYPT", True, "userdb_home=/h", quota, 2)
        self.assertEqual(list(directory), [account])
        self.assertEqual(directory["ANN@example.com"], account)
        self.assertEqual((len(directory), "ann@example.com" in directory, "x@example.com" in directory), (1, True, False))
        self.assertIsNone(directory.get("ann+x@example.com"))
        self.assertNotIn("secret", repr(account))
        with self.assertRaises(LookupError):
            directory["bob@example.com"]

    def test_an_app_password_opens_what_it_is_for_until_it_ends(self):
        directory = libmail.Directory(self.folder)
        made = directory.add_app_password("ann@example.com", "phone", services=("imap", "smtp"))
        self.assertGreater(len(made), 20)
        self.assertTrue(directory.verify_password("ann@example.com", made, service="imap"))
        for service in ("pop3", None):
            self.assertFalse(directory.verify_password("ann@example.com", made, service=service))
        with self.assertRaises(libmail.InvalidArgument):
            directory.verify_password("ann@example.com", made, service="ftp")
        past = datetime.datetime(2020, 1, 31, 23, 59, 59)
        directory.add_app_password("ann@example.com", "old", "secret", expires=past)
        self.assertFalse(directory.verify_password("ann@example.com", "secret", service="imap"))
        [phone, old] = directory.app_passwords("Ann@example.com")
        self.assertEqual(phone, libmail.AppPassword("ann@example.com", "phone", ("imap", "smtp"), None, 1))
        self.assertEqual(old.expires, past.replace(tzinfo=datetime.timezone.utc))
        with self.assertRaises(libmail.AlreadyExists):
            directory.add_app_password("ann@example.com", "Phone")
        directory.delete_app_password("ann@example.com", "phone")
        self.assertFalse(directory.verify_password("ann@example.com", made, service="imap"))

    def test_restrictions_and_relays(self):
        directory = libmail.Directory(self.folder)
        directory.restrict("example.net", sending=False)
        self.assertEqual(directory.restriction("eve@example.net", sending=False).action, "reject")
        self.assertIsNone(directory.restriction("eve@example.net", sending=True))
        self.assertEqual([rule.key for rule in directory.restrictions(sending=False)], ["example.net"])
        with directory.transaction() as edit:
            edit.set_relay("example.com", "relay.example", 587)
            edit.set_relay_credentials("example.com", "user", "secret")
            edit.exclude_from_relay("example.org")
        self.assertEqual(directory.relay("ann@example.com"),
                         libmail.Relay("@example.com", "relay.example", 587, False, "user", 1))
        self.assertEqual([relay.host for relay in directory.relays], ["relay.example", ""])
        self.assertTrue(directory.delete_relay("example.com"))
        self.assertIsNone(directory.relay("ann@example.com"))

    def files(self):
        return {path.name: path.read_bytes() for path in self.folder.glob("*.cf")}

    def test_an_edit_that_is_refused_raises_and_changes_nothing(self):
        directory = libmail.Directory(self.folder)
        before = self.files()
        for call, error in ((lambda: directory.add_account("ann@example.com", "x"), libmail.AlreadyExists),
                            (lambda: directory.add_account("ann", "x"), libmail.InvalidArgument),
                            (lambda: directory.add_account("new@example.com", "x", scheme="ROT13"), ValueError),
                            (lambda: directory.add_account("new@example.com", ""), libmail.InvalidArgument),
                            (lambda: directory.add_account("new@example.com", stored="x|y"), libmail.InvalidArgument),
                            (lambda: directory.add_account("new@example.com"), TypeError),
                            (lambda: directory.update_account("nobody@example.com", "x"), libmail.NotFound),
                            (lambda: directory.delete_account("nobody@example.com"), LookupError),
                            (lambda: directory.set_relay("example.com", "h", 65536), libmail.InvalidArgument),
                            (lambda: directory.set_quota("ann@example.com", "much"), libmail.InvalidArgument)):
            with self.assertRaises(error):
                call()
        self.assertEqual(self.files(), before)

    def test_a_transaction_is_all_or_nothing(self):
        directory = libmail.Directory(self.folder)
        before = self.files()
        with self.assertRaisesRegex(RuntimeError, "mind"):
            with directory.transaction() as edit:
                edit.add_account("carol@example.com", "x", scheme="SCRAM-SHA-256")
                edit.set_quota("carol@example.com", "1G")
                edit.delete_account("bob@example.com")
                self.assertEqual(self.files(), before)
                raise RuntimeError("changed my mind")
        self.assertEqual(self.files(), before)
        with directory.transaction() as edit:
            edit.add_account("carol@example.com", "x", scheme="SCRAM-SHA-256")
            with self.assertRaises(libmail.AlreadyExists):
                edit.add_account("carol@example.com", "x", scheme="SCRAM-SHA-256")
            edit.delete_account("bob@example.com")
        self.assertEqual(addresses(directory), ["ann@example.com", "carol@example.com"])
        self.assertIn(b"# aliases\nteam@example.com ann@example.com\n", self.files()["postfix-virtual.cf"])
        with self.assertRaisesRegex(libmail.FailedPrecondition, "ended"):
            edit.suspend_account("ann@example.com")
        with self.assertRaises(libmail.FailedPrecondition):
            with edit:
                pass

    def test_an_edit_waits_for_another_program_and_then_gives_up(self):
        directory = libmail.Directory(self.folder, lock_wait=0.05)
        with open(self.folder / ".libmail.lock", "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with self.assertRaises(libmail.Unavailable) as caught:
                directory.suspend_account("ann@example.com")
            self.assertTrue(caught.exception.is_temporary)
            with self.assertRaises(libmail.Unavailable):
                with directory.transaction():
                    self.fail("it has no lock")
            patient = libmail.Directory(self.folder, lock_wait=60)
            waiting = threading.Thread(target=patient.suspend_account, args=("ann@example.com",))
            waiting.start()
        waiting.join()
        self.assertTrue(patient.is_suspended("ann@example.com"))

    def test_what_another_program_wrote_in_the_middle_of_a_transaction_stays(self):
        directory = libmail.Directory(self.folder)
        with self.assertRaises(libmail.Unavailable):
            with directory.transaction() as edit:
                edit.suspend_account("ann@example.com")
                (self.folder / "postfix-accounts.cf").write_text("by@example.com|{PLAIN}hand\n")
        self.assertEqual(addresses(directory), ["by@example.com"])

    def test_a_server_without_a_folder_shows_its_directory_and_does_not_change_it(self):
        with libmail.Server({"ann@example.com": "secret"}) as server:
            self.assertEqual(addresses(server.directory), ["ann@example.com"])
            with self.assertRaises(libmail.FailedPrecondition):
                server.directory.suspend_account("ann@example.com")

    def test_what_was_read_stays_as_it_was(self):
        directory = libmail.Directory(self.folder)
        (self.folder / "postfix-accounts.cf").unlink()
        self.assertEqual(len(directory), 2)
        directory.reload()
        self.assertEqual(directory.accounts, [])

    def test_a_missing_folder_is_named(self):
        with self.assertRaisesRegex(libmail.NotFound, "/nowhere"):
            libmail.Directory("/nowhere")


if __name__ == "__main__":
    unittest.main()
