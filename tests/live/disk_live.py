"""The disk is full, or no descriptor is left: maild says so for now, and its store is good before, meanwhile and afterwards."""
import os
import pathlib
import re
import shutil
import smtplib
import subprocess
import sys
import unittest

import harness

ANN = "ann@example.test"


def text(name, octets):
    return f"From: x@example.test\r\nSubject: {name}\r\n\r\n" + ("y" * 70 + "\r\n") * (octets // 72)


def limit_descriptors(pid, number=None):
    """Sets the soft limit; tells it, without a number. The right to do so is the process's owner's."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    user, group = (re.search(rf"{word}:\t(\d+)", status)[1] for word in ("Uid", "Gid"))
    become = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"] if os.getuid() == 0 else []
    what = ["--nofile", "--output=SOFT", "--noheadings"] if number is None else [f"--nofile={number}:"]
    answer = subprocess.run([*become, "prlimit", f"--pid={pid}", *what], check=True, stdout=subprocess.PIPE)
    return int(answer.stdout) if number is None else number


class Clients:
    """One SMTP and one IMAP session; what they were told."""

    def __init__(self, test, server, octets):
        self.test, self.server, self.octets = test, server, octets
        self.smtp, self.imap = server.smtp(), server.imap(ANN)
        test.assertEqual(self.imap.select("INBOX")[0], "OK")
        self.number, self.refusals = 0, []
        self.sent, self.kept = {}, set()

    def new(self):
        self.number += 1
        name = f"number{self.number}"
        self.sent[name] = text(name, self.octets)
        return name

    def refused(self, what, answer):
        self.refusals.append((what, answer))
        return False

    def deliver(self):
        name = self.new()
        try:
            self.smtp.sendmail("eve@remote.example", [ANN], self.sent[name])
        except (smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
            code = error.smtp_code if hasattr(error, "smtp_code") else error.recipients[ANN][0]
            self.test.assertIn(code, (450, 451, 452), error)
            return self.refused("deliver", error)
        self.kept.add(name)
        return True

    def append(self, folder="INBOX"):
        name = self.new()
        typ, data = self.imap.append(folder, None, None, self.sent[name].encode())
        if typ != "OK":
            return self.refused("append", data)
        self.kept.add(name)
        return True

    def command(self, *words):
        typ, data = self.imap.uid(*words)
        self.test.assertIn(typ, ("OK", "NO"))
        return True if typ == "OK" else self.refused(words[0], data)

    def look(self, folder="INBOX"):
        """By name, how often; each must be whole."""
        client = self.server.imap(ANN)
        typ, data = client.select(folder, readonly=True)
        self.test.assertEqual(typ, "OK", data)
        found = {}
        for part in client.uid("FETCH", "1:*", "(BODY.PEEK[])")[1]:
            if isinstance(part, tuple):
                body = part[1].decode()
                name = re.search(r"Subject: (\S+)", body)[1]
                self.test.assertTrue(body.endswith(self.sent[name]), name)
                found[name] = found.get(name, 0) + 1
        client.logout()
        return found

    def check(self, is_full=False):
        """While no UID can be written, what has none is not shown."""
        found = self.look()
        self.test.assertLessEqual(set(found), self.kept)
        if not is_full:
            self.test.assertEqual(set(found), self.kept)
        self.test.assertEqual({n for n, times in found.items() if times != 1}, set())


class Disk(unittest.TestCase):
    def setUp(self):
        self.server = harness.Server()
        self.addCleanup(self.server.close)

    def mount(self, options):
        """A small file system for the mail."""
        self.server.stop()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", self.server.mail],
                              stderr=subprocess.PIPE, check=False)
        if made.returncode != 0:
            self.skipTest("no file system may be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", self.server.mail], check=True)
        self.server.start()

    def fill(self, clients):
        for act in (clients.deliver, clients.append):
            while act():
                pass

    def test_no_space_is_a_temporary_failure_and_costs_nothing(self):
        self.try_full_disk("size=5m", 100_000)

    def test_no_inodes_are_a_temporary_failure_and_cost_nothing(self):
        self.try_full_disk("size=64m,nr_inodes=60", 2_000)

    def test_no_block_is_left_for_a_line(self):
        """A write to a list that fails half way is taken back (docs/store.md, "What a power cut can do")."""
        self.try_full_disk("size=500k", 2_000)

    def try_full_disk(self, options, octets):
        self.mount(options)
        clients = Clients(self, self.server, octets)
        self.assertEqual(clients.imap.create("Other")[0], "OK")
        for _ in range(12):
            self.assertTrue(clients.deliver())
        clients.check()
        self.fill(clients)
        clients.check(True)
        clients.command("COPY", "1:*", "Other")
        clients.imap.create("Another")
        clients.command("STORE", "1:5", "+FLAGS", "(\\Flagged)")
        clients.check(True)
        # Whoever logs in now can make room.
        client = self.server.imap(ANN)
        self.assertEqual(client.select("INBOX")[0], "OK")
        for uids in ("1:5", "6:10"):
            client.uid("STORE", uids, "+FLAGS", "(\\Deleted)")
            self.assertEqual(client.uid("EXPUNGE", uids)[0], "OK")
        left = set(clients.look())
        clients.kept &= left
        self.assertTrue(clients.deliver(), clients.refusals)
        self.assertTrue(clients.append(), clients.refusals)
        clients.check()
        self.assertGreater(len(clients.kept), 12)
        self.fill(clients)
        self.server.process.kill()
        self.server.process.wait()
        self.server.listeners_path.unlink()
        self.server.start()
        clients.check(True)
        self.assertLessEqual({"deliver", "append"}, {what for what, _ in clients.refusals})

    def test_no_descriptor_is_a_temporary_failure_whatever_call_it_meets(self):
        clients = Clients(self, self.server, 2_000)
        self.assertEqual(clients.imap.create("Other")[0], "OK")
        pid = self.server.process.pid
        usual = limit_descriptors(pid)
        acts = (clients.deliver, clients.append, lambda: clients.command("COPY", "1", "Other"),
                lambda: clients.command("STORE", "2", "+FLAGS", "(Key)"), lambda: clients.command("MOVE", "3", "Other"))
        for _ in range(3):
            self.assertTrue(clients.deliver() and clients.append())
        for act in acts:
            for spare in range(8):
                taken = {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}
                free = [fd for fd in range(max(taken) + 10) if fd not in taken]
                limit_descriptors(pid, free[spare])
                done = act()
                limit_descriptors(pid, usual)
                if done and spare > 4:
                    break
            self.assertTrue(act(), clients.refusals)
        clients.kept -= {name for name in clients.look("Other")} - set(clients.look())  # moved
        clients.check()
        self.assertEqual({what for what, _ in clients.refusals}, {"deliver", "append", "COPY", "STORE", "MOVE"})


if __name__ == "__main__":
    # In a mount namespace of its own nothing stays mounted, whatever happens.
    own = ["unshare", "-m"]
    if "MAIL_OWN_MOUNTS" not in os.environ and shutil.which("unshare") and \
            subprocess.run([*own, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0:
        os.environ["MAIL_OWN_MOUNTS"] = "1"
        os.execvp(own[0], [*own, sys.executable, "-B", *sys.argv])
    unittest.main()
