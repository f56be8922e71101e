"""The real maild on a folder of its own, and clients that talk to it.

Nothing but Python's standard library. MAILD and MAILCTL name the programs (ctest sets them).
"""
import email.message
import imaplib
import json
import os
import pathlib
import shutil
import signal
import smtplib
import ssl
import subprocess
import tempfile
import time
import unittest

MAILD = os.environ.get("MAILD", "build/dev/bin/maild")
MAILCTL = os.environ.get("MAILCTL", "build/dev/bin/mailctl")
HOSTNAME = "mail.example.test"
PATIENCE = float(os.environ.get("MAIL_LIVE_PATIENCE", "30"))  # seconds, for a loaded machine

ACCOUNTS = {"ann@example.test": "ann's secret", "bob@example.test": "bob's secret"}
ALIASES = "team@example.test ann@example.test,bob@example.test\ninfo@example.test ann@example.test\n" \
          "away@example.test ann@example.test,someone@remote.example\n@catchall.test bob@example.test\n"


def require(program):
    """Skips the test when `program` is not installed; fails where CI promised that it is."""
    if not shutil.which(program):
        missing(program)


def require_perl_module(name):
    if subprocess.run(["perl", f"-M{name}", "-e1"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
        missing(f"the Perl module {name}")


def missing(what):
    if os.environ.get("MAIL_LIVE_REQUIRED") == "1":
        raise AssertionError(f"{what} is not installed, and MAIL_LIVE_REQUIRED=1")
    raise unittest.SkipTest(f"{what} is not installed")


def wait_for(condition, what):
    """Looks until `condition()` is true and returns its value."""
    give_up = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > give_up:
            raise AssertionError(f"waited {PATIENCE} s for {what}")
        time.sleep(0.005)


class Server:
    """maild with config, mail and state in a temporary folder. Survives restarts until `close`."""

    def __init__(self, accounts=None, aliases=ALIASES, settings=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="maild-"))
        os.chmod(self.folder, 0o755)  # maild started as root reads it as somebody else
        self.config, self.mail, self.state = (self.folder / n for n in ("config", "mail", "state"))
        for folder in (self.config, self.mail, self.state):
            folder.mkdir()
        listen = "".join(f"LISTEN_{n}=127.0.0.1:0\n" for n in ("SMTP", "SUBMISSION", "SUBMISSIONS", "IMAP", "IMAPS"))
        (self.config / "mailserver.env").write_text(
            f"OVERRIDE_HOSTNAME={HOSTNAME}\nSSL_TYPE=self-signed\nTLS_LEVEL=intermediate\n{listen}{settings}")
        lines = (f"{a}|{{PLAIN}}{p}\n" for a, p in (ACCOUNTS if accounts is None else accounts).items())
        (self.config / "postfix-accounts.cf").write_text("".join(lines))
        (self.config / "postfix-virtual.cf").write_text(aliases)
        self.log_path = self.folder / "log"
        self.process = None
        self.start()

    @property
    def listeners_path(self):
        return self.state / "run" / "listeners.json"

    def folders(self):
        return ["--config", str(self.config), "--mail", str(self.mail), "--state", str(self.state)]

    def start(self):
        self.listeners_path.unlink(missing_ok=True)  # a kill leaves it
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([MAILD, *self.folders()], stdout=log, stderr=log)

        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"maild ended with {self.process.returncode}:\n{self.log()}")
            return self.listeners_path.exists()
        wait_for(ready, "listeners.json")
        listeners = json.loads(self.listeners_path.read_text())
        self.ports = {name: int(addresses[0].rsplit(":", 1)[1]) for name, addresses in listeners.items()}

    def stop(self, signum=signal.SIGTERM):
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signum)
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def mailctl(self, *arguments, check=True):
        return subprocess.run([MAILCTL, *self.folders(), *arguments], check=check, text=True, input="",
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)

    def tls(self):
        """Trusts this server's own CA alone, and checks names."""
        return ssl.create_default_context(cafile=str(self.authority))

    @property
    def authority(self):
        return self.config / "ssl" / "demoCA" / "cacert.pem"

    def smtp(self):
        return smtplib.SMTP("127.0.0.1", self.ports["smtp"], local_hostname="client.example", timeout=PATIENCE)

    def submission(self, user=None):
        client = smtplib.SMTP("127.0.0.1", self.ports["submission"], local_hostname="client.example", timeout=PATIENCE)
        client.starttls(context=self.tls())
        if user:
            client.login(user, ACCOUNTS[user])
        return client

    def submissions(self):
        return smtplib.SMTP_SSL("127.0.0.1", self.ports["submissions"], local_hostname="client.example",
                                context=self.tls(), timeout=PATIENCE)

    def imap(self, user=None, password=None):
        client = imaplib.IMAP4_SSL("127.0.0.1", self.ports["imaps"], ssl_context=self.tls(), timeout=PATIENCE)
        if user:
            client.login(user, password or ACCOUNTS[user])
        return client

    def deliver(self, recipients="ann@example.test", subject="hello", body="A line.\n.a dot\n"):
        with self.smtp() as client:
            return client.sendmail("sender@remote.example", recipients, message(subject, body))


def message(subject="hello", body="A line.\n"):
    text = email.message.EmailMessage()
    text["From"] = "Sender <sender@remote.example>"
    text["To"] = "undisclosed-recipients:;"
    text["Subject"] = subject
    text["Date"] = "Sat, 21 Nov 2026 12:00:00 +0000"
    text["Message-ID"] = f"<{subject.replace(' ', '.')}@remote.example>"
    text.set_content(body)
    return text.as_bytes(policy=text.policy.clone(linesep="\r\n"))


class LiveTest(unittest.TestCase):
    """One server for the tests of a class."""
    settings = ""

    @classmethod
    def setUpClass(cls):
        cls.server = Server(settings=cls.settings)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def ok(self, answer):
        """The data of an imaplib answer that must be OK."""
        self.assertEqual(answer[0], "OK", answer)
        return answer[1]
