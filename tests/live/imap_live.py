"""Python's imaplib against the real maild."""
import imaplib
import re
import signal
import threading
import time
import unittest

from harness import ACCOUNTS, LiveTest, PATIENCE, message, wait_for


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
        for asked in ("(PREVIEW)", "(PREVIEW (LAZY))"):
            self.assertIn(b'PREVIEW "First line. .a dot ..two"', self.ok(self.imap.fetch(number, asked))[0])

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

    def test_ids_stay_when_names_and_places_change(self):
        self.assertIn(b" OBJECTID ", self.ok(self.imap.capability())[0])
        mailbox = rb"\[MAILBOXID \((F[0-9a-f]{40})\)\]"
        before = re.search(mailbox, self.ok(self.imap.create("Idents"))[0])[1]
        self.ok(self.imap.select("Idents"))
        self.assertEqual(self.imap.response("MAILBOXID")[1], [b"(" + before + b")"])
        for subject in ("one", "two"):
            self.append("Idents", subject)
        ids = [re.search(rb"EMAILID \((E[0-9a-f]{32})\) THREADID NIL", line)[1]
               for line in self.ok(self.imap.fetch("1:2", "(EMAILID THREADID)"))]
        self.assertEqual(len(set(ids)), 2)
        self.ok(self.imap.create("Idents.Target"))
        self.ok(self.imap.uid("COPY", "2", "Idents.Target"))
        self.ok(self.imap.uid("MOVE", "1", "Idents.Target"))
        self.ok(self.imap.close())
        self.ok(self.imap.rename("Idents", "Identified"))
        self.assertIn(b"MAILBOXID (" + before + b")", self.ok(self.imap.status("Identified", "(MESSAGES MAILBOXID)"))[0])
        self.ok(self.imap.select("Identified.Target"))
        self.assertEqual(self.search("EMAILID", ids[1].decode()), [b"1"])
        self.assertEqual(self.search("EMAILID", ids[0].decode()), [b"2"])
        self.assertEqual(self.search("OR", "EMAILID", ids[0].decode(), "EMAILID", ids[1].decode()), [b"1", b"2"])
        self.assertEqual(self.search("THREADID", ids[0].decode()), [])
        self.ok(self.imap.close())
        self.ok(self.imap.delete("Identified.Target"))
        self.ok(self.imap.delete("Identified"))
        self.assertNotEqual(re.search(mailbox, self.ok(self.imap.create("Identified"))[0])[1], before)

    def idle(self):
        tag = self.imap._new_tag()
        self.imap.send(tag + b" IDLE\r\n")
        self.assertTrue(self.imap.readline().startswith(b"+"))
        return tag

    def idle_until(self, word):
        line = self.imap.readline()
        while word not in line:
            self.assertTrue(line.startswith(b"* "), line)
            line = self.imap.readline()
        return line

    def end_idle(self, tag):
        self.imap.send(b"DONE\r\n")
        line = self.imap.readline()
        while not line.startswith(tag):
            line = self.imap.readline()
        self.assertIn(b" OK", line)

    def test_idle_tells_of_a_delivery(self):
        self.ok(self.imap.select())
        tag = self.idle()
        before = threading.Thread(target=self.server.deliver, args=("ann@example.test", "while idle"))
        before.start()
        self.idle_until(b"EXISTS")
        before.join()
        self.end_idle(tag)
        self.assertTrue(self.search("SUBJECT", '"while idle"'))

    def test_idle_tells_at_once_what_another_program_does(self):
        """Without a watch it would look every five seconds."""
        self.fresh("Watched")
        tag = self.idle()
        folder = self.server.mail / "example.test" / "ann" / ".Watched"
        (folder / "tmp" / "1.M1P1.elsewhere").write_text("Subject: by hand\n\nx\n")
        began = time.monotonic()
        (folder / "tmp" / "1.M1P1.elsewhere").rename(folder / "new" / "1.M1P1.elsewhere")
        self.idle_until(b"1 EXISTS")
        self.assertLess(time.monotonic() - began, 4)
        name, = (folder / "cur").iterdir()
        name.rename(str(name) + "F")
        self.assertIn(b"\\Flagged", self.idle_until(b"FETCH"))
        (folder / "cur" / (name.name + "F")).unlink()
        self.idle_until(b"EXPUNGE")
        self.assertLess(time.monotonic() - began, 4)
        self.end_idle(tag)

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


class Flags(LiveTest):
    """Flags that a client was told of, in the names of the files and after the end of maild."""
    def letters(self):
        cur = self.server.mail / "example.test" / "ann" / "cur"
        return sorted(path.name.rpartition(",")[2] for path in cur.iterdir())

    def flagged(self):
        imap = self.server.imap("ann@example.test")
        self.ok(imap.select())
        found = self.ok(imap.search(None, "FLAGGED"))[0].split()
        imap.logout()
        return found

    def test_flags_reach_names_and_outlive_the_process(self):
        imap = self.server.imap("ann@example.test")
        for subject in ("one", "two", "three"):
            self.ok(imap.append("INBOX", "", None, message(subject)))
        self.ok(imap.select())
        self.ok(imap.store("1", "+FLAGS", "(\\Flagged)"))
        wait_for(lambda: self.letters() == ["", "", "F"], "the flag in the name")
        self.ok(imap.store("2", "+FLAGS", "(\\Flagged)"))
        self.server.stop(signal.SIGKILL)
        self.server.start()
        self.assertEqual(self.flagged(), [b"1", b"2"])
        wait_for(lambda: self.letters() == ["", "F", "F"], "the flag that the kill left in the index")
        imap = self.server.imap("ann@example.test")
        self.ok(imap.select())
        self.ok(imap.store("3", "+FLAGS", "(\\Flagged)"))
        self.server.stop()
        self.assertEqual(self.letters(), ["F", "F", "F"])
        self.server.start()
        self.assertEqual(self.flagged(), [b"1", b"2", b"3"])


if __name__ == "__main__":
    unittest.main()
