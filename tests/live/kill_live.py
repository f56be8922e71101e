"""maild is killed a hundred times under SMTP, APPEND, MOVE and EXPUNGE. What it acknowledged is so: there once, or gone."""
import copy
import imaplib
import itertools
import os
import random
import re
import shutil
import smtplib
import subprocess
import threading
import time
import unittest

import harness

ANN = "ann@example.test"
ROUNDS = 100 if os.environ.get("MAIL_LIVE_BUILD", "plain") == "plain" else 20
LOSSES = (OSError, smtplib.SMTPException, imaplib.IMAP4.error, imaplib.IMAP4.abort)


def text(name):
    return f"From: x@example.test\r\nSubject: {name}\r\n\r\n{name}\r\n{'x' * 2000}\r\n"


class Ledger:
    """What the clients know. It outlives every server."""

    def __init__(self):
        self.names = itertools.count()
        self.sent, self.acknowledged = set(), set()
        self.doomed, self.gone = set(), set()  # asked to be expunged; acknowledged to be
        self.named = {}  # (folder, UIDVALIDITY, UID): the name it had whenever somebody saw it
        self.highest = {}  # (folder, UIDVALIDITY): the highest UID that anybody saw
        self.contradictions = []

    def new(self, kind):
        name = f"{kind}-{next(self.names)}"
        self.sent.add(name)
        return name

    def see(self, folder, validity, uid, name):
        key = (folder, int(validity), int(uid))
        self.highest[key[:2]] = max(key[2], self.highest.get(key[:2], 0))
        if self.named.setdefault(key, name) != name:
            self.contradictions.append((key, self.named[key], name))


class Load:
    """Clients that go on until their server is gone."""

    JOBS = ("deliver", "deliver", "append", "move", "expunge")

    def __init__(self, server, ledger, jobs=JOBS):
        self.server, self.ledger = server, ledger
        self.threads = [threading.Thread(target=self.until_lost, args=(getattr(self, job),)) for job in jobs]
        for thread in self.threads:
            thread.start()

    def until_lost(self, job):
        try:
            job()
        except LOSSES:
            pass

    def join(self):
        for thread in self.threads:
            thread.join()

    def deliver(self):
        with self.server.smtp() as client:
            while True:
                name = self.ledger.new("smtp")
                client.sendmail("eve@remote.example", [ANN], text(name))
                self.ledger.acknowledged.add(name)

    def append(self):
        client = self.server.imap(ANN)
        for folder in itertools.cycle(("INBOX", "Work")):
            name = self.ledger.new("append")
            typ, data = client.append(folder, None, None, text(name).encode())
            if typ == "OK":
                self.ledger.acknowledged.add(name)
                validity, uid = re.search(rb"APPENDUID (\d+) (\d+)", data[0]).groups()
                self.ledger.see(folder, validity, uid, name)

    def move(self):
        client = self.server.imap(ANN)
        client.select("INBOX")
        while True:
            client.noop()
            uids = client.uid("SEARCH", None, "ALL")[1][0].split()
            if uids:
                client.uid("MOVE", b",".join(uids[:5]).decode(), "Work")

    def expunge(self):
        client = self.server.imap(ANN)
        client.select("Work")
        while True:
            client.noop()
            seen = look(client, "Work", self.ledger, "BODY.PEEK[HEADER]")[:4]
            if not seen:
                continue
            self.ledger.doomed.update(name for _, name in seen)
            uids = ",".join(uid for uid, _ in seen)
            if client.uid("STORE", uids, "+FLAGS.SILENT", "(\\Deleted)")[0] == "OK" and \
                    client.uid("EXPUNGE", uids)[0] == "OK":
                self.ledger.gone.update(name for _, name in seen)


def look(client, folder, ledger, what="BODY.PEEK[]"):
    """UID and name of each message of the selected folder; a whole one must be what was sent."""
    validity = client.untagged_responses["UIDVALIDITY"][-1]
    found = []
    for part in client.uid("FETCH", "1:*", f"({what})")[1]:
        if not isinstance(part, tuple):
            continue
        body = part[1].decode()
        name = re.search(r"Subject: (\S+)", body)[1]
        assert what != "BODY.PEEK[]" or body.endswith(text(name)), f"{name} is not what was sent"
        uid = re.search(rb"UID (\d+)", part[0])[1].decode()
        ledger.see(folder, validity, uid, name)
        found.append((uid, name))
    return found


def everything(client, ledger):
    """How often each message is there."""
    found = {}
    for folder in ("INBOX", "Work"):
        client.select(folder, readonly=True)
        next_uid, validity = (int(client.untagged_responses[key][-1]) for key in ("UIDNEXT", "UIDVALIDITY"))
        assert next_uid > ledger.highest.get((folder, validity), 0), f"{folder} would give a UID twice"
        for _, name in look(client, folder, ledger):
            found[name] = found.get(name, 0) + 1
    return found


class Kill(unittest.TestCase):
    def setUp(self):
        self.server = harness.Server()
        self.addCleanup(self.server.close)
        client = self.server.imap(ANN)
        client.create("Work")
        client.logout()
        self.ledger = Ledger()

    def check(self, server, ledger):
        client = server.imap(ANN)
        found = everything(client, ledger)
        client.logout()
        self.assertEqual(ledger.acknowledged - ledger.doomed - set(found), set(), "acknowledged, and missing")
        self.assertEqual({n for n, times in found.items() if times != 1}, set(), "there twice")
        self.assertEqual(set(found) - ledger.sent, set(), "never sent")
        self.assertEqual(ledger.gone & set(found), set(), "expunged, and back")
        self.assertEqual(ledger.contradictions, [], "one UID, two messages")

    def test_nothing_acknowledged_is_missing_and_nothing_is_twice(self):
        server, ledger, dice = self.server, self.ledger, random.Random(1)
        for turn in range(ROUNDS):
            before = len(ledger.acknowledged)
            load = Load(server, ledger)
            harness.wait_for(lambda: len(ledger.acknowledged) > before + 2, "the load")  # pylint: disable=cell-var-from-loop
            time.sleep(dice.uniform(0, 0.15))  # the moment of the kill, not a wait for anything
            server.process.kill()
            server.process.wait()
            load.join()
            server.listeners_path.unlink()
            server.start()
            with self.subTest(turn=turn):
                self.check(server, ledger)
        self.assertGreater(len(ledger.acknowledged), 4 * ROUNDS)
        self.assertGreater(len(ledger.gone), ROUNDS)

    def test_a_tar_of_the_running_server_restores_to_a_good_store(self):
        server, ledger = self.server, self.ledger
        client = server.imap(ANN)
        for name in [ledger.new("rests") for _ in range(100)]:
            client.append("INBOX", None, None, text(name).encode())
            ledger.acknowledged.add(name)
        client.select("INBOX")  # takes what is in new/ to cur/, as somebody who reads mail does
        look(client, "INBOX", ledger)
        resting = copy.deepcopy(ledger)  # later UIDs are not in the archive, or in a part of it
        load = Load(server, ledger, ("deliver", "deliver", "append", "expunge"))
        for turn in range(5):
            before = len(ledger.gone)
            harness.wait_for(lambda: len(ledger.gone) > before + 10, "the load")  # pylint: disable=cell-var-from-loop
            expected = copy.deepcopy(resting)
            expected.gone = set(ledger.gone)
            archive = server.folder / f"{turn}.tar"
            made = subprocess.run(["tar", "-C", server.folder, "-cf", archive, "config", "mail", "state"],
                                  stderr=subprocess.PIPE, check=False)
            self.assertLess(made.returncode, 2, made.stderr)  # 1: files came and went meanwhile
            expected.sent = set(ledger.sent)
            with self.subTest(turn=turn):
                self.check(self.restored(archive), expected)
        server.process.kill()
        load.join()

    def restored(self, archive):
        server = harness.Server()
        self.addCleanup(server.close)
        server.stop()
        for folder in (server.config, server.mail, server.state):
            shutil.rmtree(folder)
        subprocess.run(["tar", "-C", server.folder, "-xf", archive], check=True)
        server.listeners_path.unlink(missing_ok=True)
        server.start()
        return server


if __name__ == "__main__":
    unittest.main()
