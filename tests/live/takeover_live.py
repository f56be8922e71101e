"""Debian's real Dovecot and maild serve the same mail folder in turns: what one leaves, the other finds.

Dovecot's imap runs on its standard streams, as a login process would start it: no daemon, no port.
"""
import concurrent.futures
import imaplib
import os
import pathlib
import poplib
import random
import re
import subprocess
import unittest

import harness

ANN = "ann@example.test"
ROUNDS = 20
IMAP = "/usr/lib/dovecot/imap"
POP3 = "/usr/lib/dovecot/pop3"
WITH_POP3 = "ENABLE_POP3=1\nLISTEN_POP3=\nLISTEN_POP3S=127.0.0.1:0\n"
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

    def command(self, program):
        become = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups"] if os.getuid() == 0 else []
        return [*become, program, "-c", str(self.config)]

    @property
    def environment(self):
        return {**os.environ, "USER": ANN, "HOME": str(self.server.folder / "home")}

    def imap(self):
        return DovecotClient(self.command(IMAP), self.environment)

    def admin(self, *words):
        """What doveadm says: a list of lines, each a list of fields."""
        told = subprocess.run([*self.command("/usr/bin/doveadm"), "-f", "tab", *words], env=self.environment, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=harness.PATIENCE).stdout
        return [line.split("\t") for line in told.decode().splitlines()[1:]]

    def unique_ids(self):
        """Of POP3, in its order."""
        told = subprocess.run(self.command(POP3), env=self.environment, input=b"UIDL\r\nQUIT\r\n", check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=harness.PATIENCE).stdout
        return re.findall(rb"^\d+ (\S+)\r$", told, re.M)


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


class Follower:
    """A client that works in two folders while others do, and asks only for what came since it last looked."""
    FOLDERS = ("INBOX", "Other")

    def __init__(self, client, seed):
        self.client, self.dice, self.seed = client, random.Random(seed), seed
        self.next = {folder: 1 for folder in self.FOLDERS}
        self.seen = {folder: set() for folder in self.FOLDERS}

    def follow(self, folder):
        ok(self.client.select(folder))
        uid_next = int(self.client.response("UIDNEXT")[1][0])
        state, told = self.client.uid("FETCH", f"{self.next[folder]}:*", "(UID)")
        if state != "OK":  # some have been expunged meanwhile (RFC 2180 §4.1.2)
            return
        uids = {int(re.search(rb"UID (\d+)", line)[1]) for line in told if line}
        self.seen[folder] |= uids
        self.next[folder] = max([self.next[folder], uid_next, *(uid + 1 for uid in uids)])

    def work(self, rounds):
        for number in range(rounds):
            folder = self.dice.choice(self.FOLDERS)
            self.follow(folder)
            uids = ok(self.client.uid("SEARCH", None, "ALL"))[0].split() or [b"1"]
            what = self.dice.choice(["append", "append", "flags", "keyword", "expunge", "copy", "move"])
            # What another client has expunged meanwhile may be refused.
            if what == "append":
                text = f"Subject: {self.seed} {number}\r\n\r\nhello\r\n".encode()
                ok(self.client.append(folder, self.dice.choice([None, "(\\Seen)", "(Work)"]), None, text))
            elif what == "flags":
                self.client.uid("STORE", self.dice.choice(uids), self.dice.choice(["+FLAGS", "FLAGS"]), "(\\Seen)")
            elif what == "keyword":
                self.client.uid("STORE", self.dice.choice(uids), "+FLAGS", f"(Key{self.dice.randrange(5)})")
            elif what == "expunge":
                self.client.uid("STORE", self.dice.choice(uids), "+FLAGS", "(\\Deleted)")
                self.client.expunge()
            else:
                self.client.uid(what, self.dice.choice(uids), self.dice.choice(self.FOLDERS))
        self.client.logout()


class Replica:
    """A mail folder that mbsync keeps like the server's, whoever serves."""

    def __init__(self, server, dovecot):
        self.folder = server.folder / "replica"
        self.folder.mkdir()
        tunnel = " ".join(dovecot.command(IMAP)) + " 2>/dev/null"
        self.ways = {
            "maild": lambda: f"Host 127.0.0.1\nPort {server.ports['imaps']}\nSSLType IMAPS\nAuthMechs LOGIN\n"
                             f"CertificateFile {server.config}/ssl/{harness.HOSTNAME}-cert.pem\n"
                             f"Pass \"{harness.ACCOUNTS[ANN]}\"",
            "dovecot": lambda: f'Tunnel "{tunnel}"'}
        self.environment = {**dovecot.environment, "HOME": str(server.folder)}
        (server.folder / "home").mkdir(exist_ok=True)

    def sync(self, way):
        """What is there afterwards."""
        config = self.folder.parent / "mbsyncrc"
        config.write_text(f"""
IMAPAccount server
User {ANN}
{self.ways[way]()}

IMAPStore far
Account server

MaildirStore near
Path {self.folder}/
Inbox {self.folder}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Near
Sync Pull
SyncState *
""")
        done = subprocess.run(["mbsync", "-c", config, "-a"], env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=harness.PATIENCE, check=False)
        if done.returncode != 0:
            raise AssertionError(f"mbsync with {way}: {done.stdout.decode()}")
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()
                      and path.parent.name in ("cur", "new"))


# As various programs leave them: with and without sizes, LF and CRLF, letters that nobody knows, flags in new/.
ODD_FILES = {
    "cur/1600000001.M1P1.host,S=27,W=30:2,S": (1, b"Subject: lf\n\nsizes in name\n"),
    "cur/1600000002.M1P1.host:2,": (2, b"Subject: crlf\r\n\r\nno sizes\r\n"),
    "cur/1600000003.M1P1.host:2,FPRS": (5, b"Subject: lf\n\na letter of qmail's: P\n"),
    "cur/1600000004.M1P1.host:2,Sab": (6, b"Subject: keywords\n\ntwo\n"),
    "cur/1600000005.M1P1.host": (None, b"Subject: bare\n\nno info in cur/\n"),
    "new/1600000006.M1P1.host": (None, b"Subject: new\n\nnew\n"),
    "new/1600000007.M1P1.host:2,F": (None, b"Subject: flagged\n\nand new\n"),
    "cur/1600000008.M1P1.host:2,S": (9, b"Subject: twice\n\none\n"),
    "cur/1600000008.M1P1.host:2,FS": (9, b"Subject: twice\n\nanother\n"),
    ".Old/cur/1500000001.x:2,S": (7, b"Subject: old\n\nof another folder\n"),
    ".Courier/cur/1400000001.x:2,FS": (3, b"Subject: courier\n\nand its own list\n"),
}
UIDLISTS = {"": "3 V1600000000 N11 G0123456789abcdef0123456789abcdef\n", ".Old": "1 1500000000 8\n",
            ".Courier": "1 1400000000 5\n"}


class TakeOver(unittest.TestCase):
    def setUp(self):
        if not pathlib.Path(IMAP).exists():
            harness.missing("dovecot-imapd")
        if not pathlib.Path(POP3).exists():
            harness.missing("dovecot-pop3d")
        harness.require("mbsync")
        self.server = harness.Server(settings=WITH_POP3)
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

    def unique_ids(self):
        client = poplib.POP3_SSL("127.0.0.1", self.server.ports["pop3s"], context=self.server.tls(), timeout=harness.PATIENCE)
        client.user(ANN)
        client.pass_(harness.ACCOUNTS[ANN])
        lines = client.uidl()[1]
        client.quit()
        return [line.split()[1] for line in lines]

    def make_odd_maildir(self):
        home = self.server.mail / "example.test" / "ann"
        for folder in UIDLISTS:
            for name in ("cur", "new", "tmp"):
                (home / folder / name).mkdir(parents=True)
        lines = dict(UIDLISTS)
        for name, (uid, text) in ODD_FILES.items():
            (home / name).write_bytes(text)
            os.utime(home / name, (1_500_000_000, 1_500_000_000))
            base = name.rsplit("/", 1)[1].split(":")[0]
            folder = name.split("/")[0] if name.startswith(".") else ""
            if uid and f" {base}\n" not in lines[folder] and f":{base}\n" not in lines[folder]:
                lines[folder] += f"{uid} {'' if folder else ':'}{base}\n"
        for folder, text in lines.items():
            name = "courierimapuiddb" if folder == ".Courier" else "dovecot-uidlist"
            (home / folder / name).write_text(text)
        (home / "dovecot-keywords").write_text("0 $Label1\n1 Work\n")
        (home / "subscriptions").write_text("Old\nGone\n")
        # What is no mail, and caches of somebody else.
        (home / "home" / "sieve").mkdir(parents=True)
        (home / "home" / ".dovecot.sieve").write_text("keep;\n")
        (home / "maildirsize").write_text("0S\n0 0\n")
        for name in ("dovecot.index", "dovecot.index.log", "dovecot.index.cache", "dovecot.list.index.log"):
            (home / name).write_bytes(b"stale" * 100)
        for path in [home.parent, *home.parent.rglob("*")]:
            os.chown(path, OWNER, -1)

    def test_odd_files_mean_the_same_to_both(self):
        self.make_odd_maildir()
        self.server.start()
        ours = self.look(self.server.imap(ANN))
        self.assertEqual(ours["INBOX"][0], b"1600000000")
        self.assertEqual(ours["Old"][0], b"1500000000")
        self.assertEqual(ours["Courier"][0], b"1400000000")
        by_subject = {}
        for folder in ("INBOX", "Old", "Courier"):
            for uid, (flags, _, _, text) in ours[folder][1].items():
                by_subject.setdefault(re.search(rb"Subject: (\w+)", text)[1].decode(), []).append((uid, sorted(flags)))
        self.assertEqual(by_subject["keywords"], [(6, ["$Label1", "Work", "\\Seen"])])
        self.assertEqual(by_subject["lf"], [(1, ["\\Seen"]), (5, ["\\Answered", "\\Flagged", "\\Seen"])])
        self.assertEqual(by_subject["crlf"], [(2, [])])
        self.assertEqual(by_subject["old"], [(7, ["\\Seen"])])
        self.assertEqual(by_subject["courier"], [(3, ["\\Flagged", "\\Seen"])])
        self.assertEqual(len(by_subject["twice"]), 2)
        self.assertEqual(sum(len(folder[1]) for name, folder in ours.items() if name != "subscriptions"), len(ODD_FILES))
        self.assertLessEqual({"Gone", "Old"}, set(ours["subscriptions"]))
        self.assertEqual(self.look(self.dovecot.imap()), ours)
        self.assertEqual(self.dovecot.unique_ids(), self.unique_ids())

    def test_no_client_downloads_anything_anew_after_a_switch(self):
        client = self.dovecot.imap()
        dice = random.Random(3)
        for number in range(30):
            edit(client, dice, number)
        client.logout()
        replica = Replica(self.server, self.dovecot)
        self.server.start()
        kept = replica.sync("dovecot")
        self.assertTrue(kept)
        number = 30
        for turn, way in enumerate(["maild", "dovecot"] * 4):
            with self.subTest(turn=turn, way=way):
                self.assertEqual(replica.sync(way), kept)
                self.assertEqual(self.dovecot.unique_ids(), self.unique_ids())
            client = self.server.imap(ANN) if way == "maild" else self.dovecot.imap()
            for number in range(number, number + 5):
                edit(client, dice, number)
            client.logout()
            kept = replica.sync(way)

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

    def test_they_serve_at_once(self):
        # Nobody should do that. It loses nothing all the same, and who asks for what is new misses nothing.
        self.server.start()
        client = self.server.imap(ANN)
        ok(client.create("Other"))
        client.logout()
        makers = [lambda: self.server.imap(ANN), lambda: self.server.imap(ANN), self.dovecot.imap]
        followers = [Follower(make(), seed) for seed, make in enumerate(makers)]
        with concurrent.futures.ThreadPoolExecutor(len(followers)) as pool:
            for done in [pool.submit(follower.work, 60) for follower in followers]:
                done.result(harness.PATIENCE)
        here = self.look(self.server.imap(ANN))
        self.assertEqual(self.look(self.dovecot.imap()), here)
        for follower in followers[:2]:
            for folder in Follower.FOLDERS:
                missed = {uid for uid in here[folder][1] if uid < follower.next[folder]} - follower.seen[folder]
                self.assertFalse(missed, f"{folder}: UIDs that came behind a UIDNEXT that was told")

    def test_ids_are_dovecots_guids_and_copies_have_one(self):
        client = self.dovecot.imap()
        for subject in ("one", "two"):
            ok(client.append("INBOX", None, None, f"Subject: {subject}\r\n\r\ntext\r\n".encode()))
        ok(client.create("Theirs"))
        ok(client.select("INBOX"))
        ok(client.copy("1:2", "Theirs"))
        client.logout()
        self.server.start()
        client = self.server.imap(ANN)
        self.assertEqual(self.compare_ids(client), 2)
        ok(client.create("Ours"))
        ok(client.select("Theirs"))
        ok(client.uid("COPY", "1", "Ours"))
        ok(client.uid("MOVE", "2", "Ours"))
        ok(client.append("Ours", None, None, b"Subject: three\r\n\r\ntext\r\n"))
        ok(client.select("Ours"))
        ok(client.uid("COPY", "3", "INBOX"))
        self.assertEqual(self.compare_ids(client), 3)
        ok(client.rename("Theirs", "Renamed"))
        theirs = self.dovecot.imap()
        ok(theirs.select("Ours"))
        ok(theirs.copy("1:3", "Renamed"))
        ok(theirs.rename("Ours", "Shared"))
        theirs.logout()
        self.assertEqual(self.compare_ids(client), 3)
        client.logout()

    def compare_ids(self, client):
        """How many different messages both servers see: each of their GUIDs is one of our EMAILIDs, and the other way round."""
        pairs = set()
        for folder in folders(client):
            ok(client.select(folder))
            mailbox_id = client.response("MAILBOXID")[1][0].decode()
            guid = self.dovecot.admin("mailbox", "status", "guid", folder)[0][1]
            validity = int(client.response("UIDVALIDITY")[1][0])
            self.assertEqual(mailbox_id, f"(F{guid}{validity:08x})", folder)
            ours = {}
            for line in ok(client.uid("FETCH", "1:*", "(EMAILID)")):
                if line:
                    found = re.search(r"UID (\d+) EMAILID \((\S+)\)", line.decode())
                    ours[found[1]] = found[2]
            theirs = dict(self.dovecot.admin("fetch", "uid guid", "mailbox", folder))
            self.assertEqual(sorted(ours), sorted(theirs), folder)
            pairs |= {(ours[uid], theirs[uid]) for uid in ours}
        self.assertEqual(len({email_id for email_id, _ in pairs}), len(pairs), pairs)
        self.assertEqual(len({guid for _, guid in pairs}), len(pairs), pairs)
        return len(pairs)

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
