#!/usr/bin/env python3
"""libmail.Maildir: one account's mail on disk, alone and beside a running server."""

import datetime
import imaplib
import mailbox
import pathlib
import tempfile
import unittest

import libmail

LETTER = b"Subject: one\r\n\r\nbody\r\n"


class Maildirs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.mail = pathlib.Path(folder.name)

    def maildir(self):
        return libmail.Maildir(self.mail, "Ann@example.com", create=True)

    def test_messages_have_uids_flags_dates_and_sizes(self):
        inbox = self.maildir().inbox
        then = datetime.datetime(2020, 2, 29, 12, tzinfo=datetime.timezone.utc)
        uid = inbox.append("Subject: one\n\nbody\n", ["\\Seen", "$Work"], then)
        self.assertEqual(inbox.append_many([(LETTER, (), None), (LETTER, ("\\Draft",), None)]), [uid + 1, uid + 2])
        message = inbox[uid]
        self.assertEqual((message.flags, message.received, message.octets), ({"\\Seen", "$Work"}, then, len(LETTER)))
        self.assertEqual((message.bytes, message.email["Subject"], message.parse().get("subject")), (LETTER, "one", "one"))
        self.assertEqual([message.uid for message in inbox], [uid, uid + 1, uid + 2])
        self.assertEqual((len(inbox), inbox.status.unseen, inbox.status.octets), (3, 2, 3 * len(LETTER)))
        # Another program's eyes.
        self.assertEqual(len(mailbox.Maildir(self.mail / "example.com" / "ann", create=False)), 3)

    def test_flags_are_added_removed_and_replaced(self):
        inbox = self.maildir().inbox
        uid = inbox.append(LETTER)
        self.assertEqual([m.flags for m in inbox.add_flags([uid, 99], "\\Seen", "later")], [{"\\Seen", "later"}])
        self.assertEqual(inbox.remove_flags([uid], "later")[0].flags, {"\\Seen"})
        self.assertEqual(inbox.set_flags([uid], "\\Flagged")[0].flags, {"\\Flagged"})
        with self.assertRaisesRegex(libmail.InvalidArgument, "Sene"):
            inbox.add_flags([uid], "\\Sene")
        with self.assertRaises(libmail.InvalidArgument):
            inbox.read(0)

    def test_messages_are_copied_moved_and_removed(self):
        maildir = self.maildir()
        inbox, archive = maildir.inbox, maildir.create_folder("Archive.2024")
        first, second = inbox.append_many([(LETTER, ("\\Seen",), None), (LETTER, (), None)])
        copied = inbox.copy([first, second], archive)
        self.assertEqual(list(copied), [first, second])
        self.assertEqual(archive[copied[first]].flags, {"\\Seen"})
        moved = inbox.move([second], "Archive.2024")
        self.assertEqual((len(inbox), len(archive)), (1, 3))
        self.assertEqual(archive.delete([moved[second]]), [moved[second]])
        archive.add_flags([copied[first]], "\\Deleted")
        self.assertEqual(archive.expunge(), [copied[first]])
        with self.assertRaises(libmail.NotFound):
            archive[copied[first]]
        with self.assertRaises(libmail.NotFound):
            archive.read(copied[first])
        self.assertEqual(maildir.usage, libmail.Usage(2 * len(LETTER), 2))

    def test_folders_are_made_renamed_removed_and_subscribed(self):
        maildir = self.maildir()
        maildir.create_folder("Grüße.Alt").append(LETTER)
        self.assertEqual([(f.name, f.is_selectable) for f in maildir.folders],
                         [("INBOX", True), ("Grüße", False), ("Grüße.Alt", True)])
        self.assertEqual(len(maildir.rename_folder("Grüße.Alt", "Neu")), 1)
        self.assertEqual([folder.name for folder in maildir], ["INBOX", "Neu"])
        maildir.subscribe("Neu")
        self.assertEqual(maildir.subscriptions, ["Neu"])
        maildir.unsubscribe("Neu")
        self.assertEqual(maildir.subscriptions, [])
        neu = maildir["Neu"]
        maildir.delete_folder("Neu")
        self.assertFalse("Neu" in maildir or "neu" in maildir)
        for call, error in ((lambda: maildir["Neu"], LookupError), (lambda: neu.messages(), libmail.NotFound),
                            (lambda: maildir.delete_folder("INBOX"), libmail.FailedPrecondition),
                            (lambda: maildir.create_folder("INBOX"), libmail.AlreadyExists),
                            (lambda: maildir.create_folder("../../x"), libmail.InvalidArgument)):
            with self.assertRaises(error):
                call()

    def test_a_slip_of_the_pen_makes_no_mailbox(self):
        for address in ("ann@example.com", "ann", "../ann@example.com", "ann@../x", "@", ""):
            with self.assertRaises((libmail.NotFound, libmail.InvalidArgument)):
                libmail.Maildir(self.mail, address)
        self.assertEqual(list(self.mail.iterdir()), [])
        libmail.Maildir(self.mail, "elsewhere@example.com", path=self.mail / "own", create=True)
        self.assertEqual([path.name for path in self.mail.iterdir()], ["own"])

    def test_a_running_server_and_a_script_see_each_other_at_once(self):
        config = self.mail / "config"
        config.mkdir()
        directory = libmail.Directory(config)
        directory.add_account("ann@example.com", stored="{PLAIN}secret")
        settings = {name: "" for name in libmail.Settings(config) if name.startswith("LISTEN_")}
        settings |= {"LISTEN_IMAP": "127.0.0.1:0", "SSL_TYPE": "self-signed"}
        settings = {name: value for name, value in settings.items()}
        with libmail.Server(config=config, mail=self.mail / "mail", settings=settings) as server:
            maildir = directory.maildir("ann@example.com", self.mail / "mail", create=True)
            uid = maildir.inbox.append(LETTER)
            with imaplib.IMAP4(*server.imap) as imap:
                imap.starttls(server.ssl_context())
                imap.login("ann@example.com", "secret")
                imap.select()
                self.assertEqual(imap.uid("FETCH", str(uid), "(UID)")[1], [b"1 (UID %d)" % uid])
                maildir.deliver(LETTER)
                imap.noop()
                self.assertEqual(imap.response("EXISTS")[1][-1], b"2")
                imap.store("1", "+FLAGS", "(\\Flagged)")
                self.assertEqual(maildir.inbox[uid].flags, {"\\Flagged"})
                maildir.inbox.delete([uid])
                self.assertEqual(imap.search(None, "ALL")[0], "OK")
                imap.append("INBOX", "", None, LETTER)
                self.assertEqual(len(maildir.inbox), 2)
            self.assertEqual(len({message.uid for message in maildir.inbox}), 2)


if __name__ == "__main__":
    unittest.main()
