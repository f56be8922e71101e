"""Debian's real Dovecot and maild serve the same mail folder in turns: what one leaves, the other finds.

Dovecot's imap runs on its standard streams, as a login process would start it: no daemon, no port.
"""
import imaplib
import os
import pathlib
import random
import re
import subprocess
import unittest

import harness

ANN = "ann@example.test"
ROUNDS = 20
IMAP = "/usr/lib/dovecot/imap"
# Started as root, both serve as somebody else: Dovecot refuses to serve as root.
OWNER = 65534 if os.getuid() == 0 else os.getuid()


class Dovecot:
    """Dovecot's imap on the folder of a maild."""

    def __init__(self, server):
        self.server = server
        self.config = server.folder / "dovecot.conf"
        for name in ("run", "state"):
            (server.folder / f"dovecot-{name}").mkdir()
        # As docker-mailserver sets it up: both make these folders when somebody logs in.
        made = "\n".join(f"  mailbox {name} {{\n    auto = subscribe\n  }}" for name in ("Drafts", "Junk", "Sent", "Trash"))
        self.config.write_text(f"""
base_dir = {server.folder}/dovecot-run
state_dir = {server.folder}/dovecot-state
log_path = {server.folder}/dovecot.log
mail_location = maildir:{server.mail}/example.test/%n
ssl = no
mail_uid = {OWNER}
mail_gid = {OWNER}
first_valid_uid = 1
first_valid_gid = 1
namespace inbox {{
  inbox = yes
  separator = .
{made}
}}
""")

    def imap(self):
        become = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups"] if os.getuid() == 0 else []
        return DovecotClient([*become, IMAP, "-c", str(self.config)],
                             {**os.environ, "USER": ANN, "HOME": str(self.server.folder / "home")})


class DovecotClient(imaplib.IMAP4):
    def __init__(self, command, environment):
        self.command, self.environment = command, environment
        super().__init__()

    def open(self, host="", port=0, timeout=None):
        self.process = subprocess.Popen(self.command, env=self.environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.readfile, self.writefile = self.process.stdout, self.process.stdin

    def read(self, size):
        return self.readfile.read(size)

    def readline(self):
        return self.readfile.readline()

    def send(self, data):
        self.writefile.write(data)
        self.writefile.flush()

    def shutdown(self):
        self.writefile.close()
        self.readfile.close()
        self.process.wait(harness.PATIENCE)


def ok(answer):
    typ, data = answer
    if typ != "OK":
        raise AssertionError(f"{typ} {data}")
    return data


def folders(client):
    return sorted(line.decode().rsplit(" ", 1)[1].strip('"') for line in ok(client.list()))


def look(client):
    """All that a client can know, but \\Recent and the order of flags."""
    seen = {"subscriptions": sorted(line.decode().rsplit(" ", 1)[1].strip('"')
                                    for line in ok(client.lsub()) if line)}
    for folder in folders(client):
        ok(client.select(folder, readonly=True))
        validity = client.response("UIDVALIDITY")[1][0]
        messages = {}
        data = ok(client.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"))
        for part in data:
            if not isinstance(part, tuple):
                continue
            head = part[0].decode()
            uid = int(re.search(r"UID (\d+)", head)[1])
            flags = frozenset(re.search(r"FLAGS \(([^)]*)\)", head)[1].split()) - {"\\Recent"}
            size = int(re.search(r"RFC822.SIZE (\d+)", head)[1])
            date = re.search(r'INTERNALDATE "([^"]*)"', head)[1].strip()
            messages[uid] = (flags, imaplib.Internaldate2tuple(f'INTERNALDATE "{date:0>26}"'.encode()), size, part[1])
        seen[folder] = (validity, messages)
    return seen


def edit(client, dice, number):
    """Something that a client does, chosen by `dice`."""
    names = folders(client)
    folder = dice.choice(names)
    ok(client.select(folder))
    uids = ok(client.uid("SEARCH", None, "ALL"))[0].split()
    what = dice.choice(["append", "append", "flags", "flags", "keyword", "expunge", "copy", "move", "folder"])
    if what == "append" or not uids:
        flags = dice.choice([None, "(\\Seen)", "(\\Flagged $Label1)", "(\\Draft Work)"])
        text = f"From: x@example.test\r\nSubject: number {number}\r\n\r\n" + "line\r\n" * dice.randrange(50)
        ok(client.append(folder, flags, imaplib.Time2Internaldate(1_600_000_000 + number), text.encode()))
    elif what == "flags":
        ok(client.uid("STORE", dice.choice(uids), dice.choice(["+FLAGS", "-FLAGS", "FLAGS"]), "(\\Seen \\Answered)"))
    elif what == "keyword":
        ok(client.uid("STORE", dice.choice(uids), "+FLAGS", f"(Key{dice.randrange(5)})"))
    elif what == "expunge":
        ok(client.uid("STORE", dice.choice(uids), "+FLAGS", "(\\Deleted)"))
        ok(client.expunge())
    elif what in ("copy", "move"):
        ok(client.uid(what, dice.choice(uids), dice.choice(names)))
    else:
        name = f"Folder{number}"
        ok(client.create(name))
        ok(client.subscribe(name))


class TakeOver(unittest.TestCase):
    def setUp(self):
        if not pathlib.Path(IMAP).exists():
            harness.missing("dovecot-imapd")
        self.server = harness.Server()
        self.addCleanup(self.server.close)
        self.server.stop()
        for folder in (self.server.mail, self.server.state):
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, OWNER, -1, follow_symlinks=False)
        (self.server.mail / "example.test").mkdir(exist_ok=True)
        os.chown(self.server.mail / "example.test", OWNER, -1)
        self.dovecot = Dovecot(self.server)
        for name in ("dovecot-run", "dovecot-state"):
            os.chown(self.server.folder / name, OWNER, -1)

    def look(self, client):
        seen = look(client)
        client.logout()
        return seen

    def test_what_dovecot_made_is_kept_and_given_back(self):
        client = self.dovecot.imap()
        dice = random.Random(1)
        for number in range(40):
            edit(client, dice, number)
        client.logout()
        theirs = self.look(self.dovecot.imap())
        self.server.start()
        self.assertEqual(self.look(self.server.imap(ANN)), theirs)
        client = self.server.imap(ANN)
        for number in range(40, 80):
            edit(client, dice, number)
        client.logout()
        ours = self.look(self.server.imap(ANN))
        self.assertNotEqual(ours, theirs)
        self.assertEqual(self.look(self.dovecot.imap()), ours)

    def test_they_serve_in_turns(self):
        self.server.start()
        dice = random.Random(2)
        number = 0
        for turn in range(ROUNDS):
            server, other = [(self.server.imap(ANN), self.dovecot.imap), (self.dovecot.imap(),
                             lambda: self.server.imap(ANN))][turn % 2]
            for _ in range(8):
                number += 1
                edit(server, dice, number)
            server.logout()
            with self.subTest(turn=turn):
                here = self.look(self.server.imap(ANN))
                self.assertEqual(self.look(other()), here)
                self.assertEqual(self.look(self.server.imap(ANN)), here)

    def test_mail_by_smtp_has_the_same_uids_with_both(self):
        self.server.start()
        for subject in ("one", "two", "three"):
            with self.server.smtp() as client:
                client.sendmail("eve@remote.example", [ANN], f"Subject: {subject}\r\n\r\ntext\r\n")
        theirs = self.look(self.dovecot.imap())
        self.assertEqual(self.look(self.server.imap(ANN)), theirs)
        self.assertEqual(sorted(theirs["INBOX"][1]), [1, 2, 3])


if __name__ == "__main__":
    unittest.main()
