"""Python's imaplib against the real maild."""
import imaplib
import threading
import unittest

from harness import ACCOUNTS, LiveTest, PATIENCE, message


class Port143(LiveTest):
    def test_refuses_logins_in_the_clear(self):
        client = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"], timeout=PATIENCE)
        self.assertIn("LOGINDISABLED", client.capabilities)
        self.assertIn("STARTTLS", client.capabilities)
        with self.assertRaises(imaplib.IMAP4.error):
            client.login("ann@example.test", ACCOUNTS["ann@example.test"])
        client.logout()

    def test_logs_in_after_starttls(self):
        client = imaplib.IMAP4("127.0.0.1", self.server.ports["imap"], timeout=PATIENCE)
        client.starttls(self.server.tls())
        self.assertNotIn("LOGINDISABLED", client.capabilities)
        self.ok(client.login("ann@example.test", ACCOUNTS["ann@example.test"]))
        client.logout()


class Port993(LiveTest):
    def setUp(self):
        self.imap = self.server.imap("ann@example.test")

    def tearDown(self):
        self.imap.logout()

    def fresh(self, name):
        """A new folder, selected."""
        self.ok(self.imap.create(name))
        self.ok(self.imap.select(name))
        return name

    def append(self, folder, subject, flags=""):
        self.ok(self.imap.append(folder, flags, None, message(subject)))

    def search(self, *criteria):
        return self.ok(self.imap.search(None, *criteria))[0].split()

    def test_refuses_a_wrong_password(self):
        client = self.server.imap()
        with self.assertRaises(imaplib.IMAP4.error) as caught:
            client.login("ann@example.test", "wrong")
        self.assertIn("AUTHENTICATIONFAILED", str(caught.exception))
        client.logout()

    def test_authenticates_with_plain(self):
        client = self.server.imap()
        secret = "\0ann@example.test\0" + ACCOUNTS["ann@example.test"]
        self.ok(client.authenticate("PLAIN", lambda _: secret.encode()))
        client.logout()

    def test_lists_folders(self):
        self.ok(self.imap.create("Lists.cpp"))
        names = [line.decode().rsplit(" ", 1)[1].strip('"') for line in self.ok(self.imap.list())]
        self.assertIn("INBOX", names)
        self.assertTrue(any(name.endswith("cpp") for name in names), names)

    def test_fetches_what_was_delivered(self):
        self.server.deliver("ann@example.test", "to be fetched", "First line.\n.a dot\n..two\n")
        self.ok(self.imap.select())
        number = self.search("SUBJECT", '"to be fetched"')[-1]
        text = self.ok(self.imap.fetch(number, "(BODY[])"))[0][1]
        self.assertIn(b"\r\nSubject: to be fetched\r\n", text)
        self.assertTrue(text.endswith(b"\r\n\r\nFirst line.\r\n.a dot\r\n..two\r\n"), text)
        self.assertIn(b"Received: ", text)
        size = self.ok(self.imap.fetch(number, "(RFC822.SIZE FLAGS)"))[0]
        self.assertIn(f"RFC822.SIZE {len(text)}".encode(), size)
        self.assertIn(b"\\Seen", size)
        envelope = self.ok(self.imap.fetch(number, "(ENVELOPE BODYSTRUCTURE)"))[0]
        self.assertIn(b'"to be fetched"', envelope)

    def test_stores_flags(self):
        folder = self.fresh("Flags")
        self.append(folder, "one")
        self.assertIn(b"\\Flagged", self.ok(self.imap.store("1", "+FLAGS", "(\\Flagged $Later)"))[0])
        self.assertEqual(self.search("FLAGGED"), [b"1"])
        self.assertEqual(self.search("KEYWORD", "$Later"), [b"1"])
        self.ok(self.imap.store("1", "-FLAGS.SILENT", "(\\Flagged)"))
        self.assertEqual(self.search("FLAGGED"), [])

    def test_searches(self):
        folder = self.fresh("Search")
        for subject in ("apples", "pears", "apples and pears"):
            self.append(folder, subject)
        for criteria, expected in ((("SUBJECT", "apples"), b"1 3"), (("NOT", "SUBJECT", "apples"), b"2"),
                                   (("OR", "SUBJECT", "and", "2"), b"2 3"), (("ALL",), b"1 2 3"),
                                   (("SINCE", "1-Jan-2100"), b"")):
            self.assertEqual(self.ok(self.imap.search(None, *criteria))[0] or b"", expected, criteria)

    def test_copies_moves_and_expunges(self):
        source = self.fresh("Source")
        self.ok(self.imap.create("Target"))
        for subject in ("one", "two", "three"):
            self.append(source, subject)
        self.ok(self.imap.select(source))
        self.ok(self.imap.copy("1", "Target"))
        self.ok(self.imap.uid("MOVE", "2", "Target"))
        self.assertEqual(len(self.search("ALL")), 2)
        self.ok(self.imap.store("1", "+FLAGS", "(\\Deleted)"))
        self.assertEqual(self.imap.response("EXPUNGE")[1], [b"2"])  # said by MOVE
        self.assertEqual(self.ok(self.imap.expunge()), [b"1"])
        self.assertEqual(len(self.search("SUBJECT", "three")), 1)
        self.ok(self.imap.select("Target"))
        self.assertEqual((len(self.search("SUBJECT", "one")), len(self.search("SUBJECT", "two"))), (1, 1))

    def test_renames_and_deletes_folders(self):
        self.fresh("Before")
        self.append("Before", "kept")
        self.ok(self.imap.close())
        self.ok(self.imap.rename("Before", "After"))
        self.ok(self.imap.select("After"))
        self.assertEqual(len(self.search("SUBJECT", "kept")), 1)
        self.ok(self.imap.close())
        self.ok(self.imap.delete("After"))
        self.assertEqual(self.imap.select("After")[0], "NO")

    def test_idle_tells_of_a_delivery(self):
        self.ok(self.imap.select())
        tag = self.imap._new_tag()
        self.imap.send(tag + b" IDLE\r\n")
        self.assertTrue(self.imap.readline().startswith(b"+"))
        before = threading.Thread(target=self.server.deliver, args=("ann@example.test", "while idle"))
        before.start()
        line = self.imap.readline()
        while b"EXISTS" not in line:
            self.assertTrue(line.startswith(b"* "), line)
            line = self.imap.readline()
        before.join()
        self.imap.send(b"DONE\r\n")
        while not line.startswith(tag):
            line = self.imap.readline()
        self.assertIn(b" OK", line)
        self.assertTrue(self.search("SUBJECT", '"while idle"'))

    def test_two_sessions_see_each_other(self):
        folder = self.fresh("Shared")
        other = self.server.imap("ann@example.test")
        other.select(folder)
        self.append(folder, "seen by both")
        other.noop()
        self.assertEqual(self.ok(other.search(None, "ALL"))[0], b"1")
        self.ok(self.imap.store("1", "+FLAGS", "(\\Answered)"))
        other.noop()
        self.assertIn(b"\\Answered", self.ok(other.fetch("1", "(FLAGS)"))[0])
        other.logout()


if __name__ == "__main__":
    unittest.main()
