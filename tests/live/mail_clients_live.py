"""The mail programs that people use, against the real maild: mbsync, mutt, msmtp, getmail.

Each has its own folder for config and mail. Absent programs are skipped by name, unless MAIL_LIVE_REQUIRED=1.
"""
import fcntl
import mailbox
import os
import pathlib
import pty
import select
import shutil
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from harness import ACCOUNTS, HOSTNAME, LiveTest, PATIENCE, message, require

ANN, BOB = "ann@example.test", "bob@example.test"


class ClientTest(LiveTest):
    program = ""

    def setUp(self):
        require(self.program)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="mail-client-"))
        self.addCleanup(shutil.rmtree, self.home, True)
        self.environment = {"HOME": str(self.home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm"}

    def write(self, name, text):
        path = self.home / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def run_program(self, *arguments, data=None):
        done = subprocess.run([self.program, *arguments], input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=self.environment, cwd=self.home, timeout=PATIENCE * 2, check=False)
        self.assertEqual(done.returncode, 0, done.stdout.decode(errors="replace"))
        return done.stdout.decode(errors="replace")

    def imap_folder(self, user, name):
        """A new, empty folder on the server."""
        client = self.server.imap(user)
        self.ok(client.create(name))
        client.logout()

    def append(self, user, folder, *subjects):
        client = self.server.imap(user)
        for subject in subjects:
            self.ok(client.append(folder, "", None, message(subject)))
        client.logout()

    def subjects(self, user, folder, *criteria):
        """Subjects of a folder's messages on the server, in order, with their flags."""
        client = self.server.imap(user)
        self.ok(client.select(folder, readonly=True))
        found = {}
        for number in self.ok(client.search(None, *(criteria or ("ALL",))))[0].split():
            answer = self.ok(client.fetch(number, "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
            text = b" ".join(part if isinstance(part, bytes) else b" ".join(part) for part in answer)
            subject = text.split(b"Subject: ", 1)[1].split(b"\r\n")[0].decode()
            found[subject] = text.split(b"FLAGS (", 1)[1].split(b")")[0].decode().split()
        client.logout()
        return found


class Mbsync(ClientTest):
    program = "mbsync"

    def sync(self, tls):
        port = self.server.ports["imap" if tls == "STARTTLS" else "imaps"]
        local = self.home / "Mail"
        local.mkdir(exist_ok=True)
        config = self.write(f"mbsyncrc-{tls}", f"""
IMAPAccount server
Host 127.0.0.1
Port {port}
User {ANN}
Pass "{ACCOUNTS[ANN]}"
SSLType {tls}
CertificateFile {self.server.config}/ssl/{HOSTNAME}-cert.pem
AuthMechs LOGIN

IMAPStore far
Account server

MaildirStore near
Path {local}/
Inbox {local}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns Work Work.* Away
Create Both
Remove Both
Expunge Both
SyncState *
""")
        self.run_program("-c", str(config), "-a")
        return local

    def test_synchronises_both_ways_over_both_kinds_of_tls(self):
        self.imap_folder(ANN, "Work")
        self.append(ANN, "Work", "one", "two", "three")
        local = self.sync("STARTTLS")
        near = mailbox.Maildir(local / "Work", create=False)
        self.assertEqual(sorted(m["Subject"] for m in near), ["one", "three", "two"])

        # Here: one is flagged, one deleted, one new, and a new folder.
        for key, text in list(near.iteritems()):
            if text["Subject"] == "one":
                text.set_subdir("cur")
                text.set_flags("FS")
                near[key] = text
            elif text["Subject"] == "two":
                near.remove(key)
        near.add(mailbox.MaildirMessage(message("written here")))
        mailbox.Maildir(local / "Away", create=True).add(mailbox.MaildirMessage(message("far away")))
        self.sync("IMAPS")
        there = self.subjects(ANN, "Work")
        self.assertEqual(set(there), {"one", "three", "written here"})
        self.assertLessEqual({"\\Seen", "\\Flagged"}, set(there["one"]))
        self.assertEqual(set(self.subjects(ANN, "Away")), {"far away"})

        # There: one is deleted.
        client = self.server.imap(ANN)
        client.select("Work")
        number = self.ok(client.search(None, "SUBJECT", "three"))[0]
        self.ok(client.store(number, "+FLAGS", "(\\Deleted)"))
        self.ok(client.expunge())
        client.logout()
        self.sync("STARTTLS")
        self.assertEqual(sorted(m["Subject"] for m in mailbox.Maildir(local / "Work", create=False)),
                         ["one", "written here"])


class Mutt(ClientTest):
    program = "mutt"

    def configure(self):
        return self.write("muttrc", f"""
set imap_user = "{ANN}"
set imap_pass = "{ACCOUNTS[ANN]}"
set smtp_url = "smtp://ann%40example.test@127.0.0.1:{self.server.ports['submission']}/"
set smtp_pass = "{ACCOUNTS[ANN]}"
set smtp_authenticators = "login:plain"
set ssl_force_tls = yes
set certificate_file = "{self.server.authority}"
set ssl_verify_host = no
set from = "{ANN}"
set realname = "Ann"
set hostname = "client.example"
set copy = no
set delete = yes
set quit = yes
set confirmappend = no
set confirmcreate = no
set move = no
set folder = "imaps://127.0.0.1:{self.server.ports['imaps']}/"
set timeout = 1
""")

    def in_terminal(self, *arguments):
        """Runs the program in a terminal of 100 × 40 until it ends by itself; what it painted."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.home)
            os.execvpe(self.program, [self.program, *arguments], self.environment)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
        seen = b""
        give_up = time.monotonic() + PATIENCE * 2
        try:
            while time.monotonic() < give_up:
                if not select.select([terminal], [], [], 1)[0]:
                    continue
                try:
                    piece = os.read(terminal, 65536)
                except OSError:  # EIO: the program has closed its end
                    break
                if not piece:
                    break
                seen += piece
            else:
                os.kill(pid, 9)
                self.fail(f"{self.program} did not end; it showed:\n{seen.decode(errors='replace')}")
        finally:
            os.close(terminal)
            _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, seen.decode(errors="replace"))
        return seen.decode(errors="replace")

    def test_sends(self):
        config = self.configure()
        self.run_program("-n", "-F", str(config), "-s", "sent by mutt", "--", BOB, data=b"A line.\n.\nAnother.\n")
        self.assertIn("sent by mutt", self.subjects(BOB, "INBOX"))

    def test_reads_saves_flags_and_deletes(self):
        config = self.configure()
        self.imap_folder(ANN, "Desk")
        self.append(ANN, "Desk", "keep this", "file this", "drop this")
        folder = f"imaps://127.0.0.1:{self.server.ports['imaps']}/Desk"
        keys = ("<limit>all<enter>"
                "<search>~s \"keep this\"<enter><display-message><exit><flag-message>"
                "<search>~s \"file this\"<enter><save-message>=Shelf<enter>"
                "<search>~s \"drop this\"<enter><delete-message>"
                "<sync-mailbox><quit>")
        self.in_terminal("-n", "-F", str(config), "-f", folder, "-e", f"push '{keys}'")
        left = self.subjects(ANN, "Desk")
        self.assertEqual(set(left), {"keep this"})
        self.assertLessEqual({"\\Seen", "\\Flagged"}, set(left["keep this"]))
        self.assertEqual(set(self.subjects(ANN, "Shelf")), {"file this"})


class Neomutt(Mutt):
    program = "neomutt"


class Msmtp(ClientTest):
    program = "msmtp"

    def send(self, service, subject, starttls, *arguments):
        config = self.write("msmtprc", f"""
defaults
tls on
tls_trust_file {self.server.authority}
auth plain
user {ANN}
password "{ACCOUNTS[ANN]}"

account server
host 127.0.0.1
port {self.server.ports[service]}
tls_starttls {starttls}
tls_certcheck on
from {ANN}
""")
        self.run_program("-C", str(config), "-a", "server", *arguments, BOB, data=message(subject))
        self.assertIn(subject, self.subjects(BOB, "INBOX"))

    def test_submits_with_starttls(self):
        self.send("submission", "msmtp 587", "on")

    def test_submits_over_tls(self):
        self.send("submissions", "msmtp 465", "off")


class Getmail(ClientTest):
    program = "getmail"

    def fetch(self, retriever, service, user):
        local = self.home / "Fetched"
        for part in ("cur", "new", "tmp"):
            (local / part).mkdir(parents=True, exist_ok=True)
        (self.home / ".getmail").mkdir(exist_ok=True)
        owner = ""
        if os.geteuid() == 0:  # it delivers no mail as root
            owner = "user = nobody"
            self.home.chmod(0o755)
            for path in (local, *local.iterdir()):
                shutil.chown(path, "nobody")
        config = self.write("getmailrc", f"""
[retriever]
type = {retriever}
server = 127.0.0.1
port = {self.server.ports[service]}
username = {user}
password = {ACCOUNTS[user]}
ca_certs = {self.server.authority}

[destination]
type = Maildir
path = {local}/
{owner}

[options]
delete = true
read_all = true
""")
        self.run_program("--rcfile", str(config), "--getmaildir", str(self.home / ".getmail"))
        return sorted(m["Subject"] for m in mailbox.Maildir(local, create=False))

    def test_fetches_by_imap_and_deletes(self):
        self.server.deliver(BOB, "for getmail")
        self.assertIn("for getmail", self.fetch("SimpleIMAPSSLRetriever", "imaps", BOB))
        self.assertNotIn("for getmail", self.subjects(BOB, "INBOX"))


if __name__ == "__main__":
    unittest.main()
