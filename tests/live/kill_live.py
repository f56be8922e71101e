"""maild is killed, again and again, under SMTP, APPEND and MOVE. What it acknowledged is there, once."""
import imaplib
import itertools
import random
import re
import smtplib
import threading
import time
import unittest

import harness

ANN = "ann@example.test"
ROUNDS = 8
LOSSES = (OSError, smtplib.SMTPException, imaplib.IMAP4.error, imaplib.IMAP4.abort)


def text(name):
    return f"From: x@example.test\r\nSubject: {name}\r\n\r\n{name}\r\n{'x' * 2000}\r\n"


class Load:
    """Clients that go on until their server is gone; `sent` and `acknowledged` outlive it."""

    def __init__(self, server, names, sent, acknowledged):
        self.server, self.names, self.sent, self.acknowledged = server, names, sent, acknowledged
        jobs = [self.deliver, self.deliver, self.append, self.move]
        self.threads = [threading.Thread(target=self.until_lost, args=(job,)) for job in jobs]
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
                name = f"smtp-{next(self.names)}"
                self.sent.add(name)
                client.sendmail("eve@remote.example", [ANN], text(name))
                self.acknowledged.add(name)

    def append(self):
        client = self.server.imap(ANN)
        while True:
            name = f"append-{next(self.names)}"
            self.sent.add(name)
            if client.append("INBOX", None, None, text(name).encode())[0] == "OK":
                self.acknowledged.add(name)

    def move(self):
        client = self.server.imap(ANN)
        client.select("INBOX")
        while True:
            client.noop()
            uids = client.uid("SEARCH", None, "ALL")[1][0].split()
            if uids:
                client.uid("MOVE", b",".join(uids[:5]).decode(), "Work")


def everything(client):
    """How often each message is there; each must be whole."""
    found = {}
    for folder in ("INBOX", "Work"):
        client.select(folder, readonly=True)
        for part in client.uid("FETCH", "1:*", "(BODY.PEEK[])")[1]:
            if not isinstance(part, tuple):
                continue
            body = part[1].decode()
            name = re.search(r"Subject: (\S+)", body)[1]
            assert body.endswith(text(name)), f"{name} is not what was sent"
            found[name] = found.get(name, 0) + 1
    return found


class Kill(unittest.TestCase):
    def test_nothing_acknowledged_is_missing_and_nothing_is_twice(self):
        server = harness.Server()
        self.addCleanup(server.close)
        client = server.imap(ANN)
        client.create("Work")
        client.logout()
        names, dice = itertools.count(), random.Random(1)
        sent, acknowledged = set(), set()
        for turn in range(ROUNDS):
            before = len(acknowledged)
            load = Load(server, names, sent, acknowledged)
            harness.wait_for(lambda: len(acknowledged) > before + 3, "the load")  # pylint: disable=cell-var-from-loop
            time.sleep(dice.uniform(0, 0.3))  # the moment of the kill, not a wait for anything
            server.process.kill()
            server.process.wait()
            load.join()
            server.listeners_path.unlink()
            server.start()
            with self.subTest(turn=turn):
                client = server.imap(ANN)
                found = everything(client)
                client.logout()
                self.assertEqual(acknowledged - set(found), set())
                self.assertEqual({n for n, times in found.items() if times != 1}, set())
                self.assertEqual(set(found) - sent, set())
        self.assertGreater(len(acknowledged), 4 * ROUNDS)


if __name__ == "__main__":
    unittest.main()
