"""curl and swaks against the real maild. Absent programs are skipped by name, unless MAIL_LIVE_REQUIRED=1."""
import subprocess
import tempfile
import unittest

from harness import ACCOUNTS, LiveTest, PATIENCE, message, require, require_perl_module

LOGIN = "ann@example.test:" + ACCOUNTS["ann@example.test"]


class Curl(LiveTest):
    def setUp(self):
        require("curl")

    def curl(self, scheme, service, *arguments, path="", data=None, code=0):
        url = f"{scheme}://127.0.0.1:{self.server.ports[service]}/{path}"
        done = subprocess.run(["curl", "--silent", "--show-error", "--max-time", str(int(PATIENCE)), "--cacert",
                               str(self.server.authority), *arguments, url], input=data, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=PATIENCE + 5, check=False)
        self.assertEqual(done.returncode, code, done.stderr.decode(errors="replace"))
        return done.stdout

    def send(self, scheme, service, subject, *arguments):
        self.curl(scheme, service, "--mail-from", "ann@example.test", "--mail-rcpt", "ann@example.test",
                  "--upload-file", "-", *arguments, path="client.example", data=message(subject))

    def find(self, subject):
        answer = self.curl("imaps", "imaps", "--user", LOGIN, path=f"INBOX?SUBJECT%20{subject}")
        return answer.decode().split("SEARCH", 1)[1].split()

    def test_sends_by_every_port_and_finds_it_again(self):
        self.send("smtp", "smtp", "curl-25")
        self.send("smtp", "smtp", "curl-25-tls", "--ssl-reqd")
        self.send("smtp", "submission", "curl-587", "--ssl-reqd", "--user", LOGIN)
        self.send("smtps", "submissions", "curl-465", "--user", LOGIN)
        for subject in ("curl-25-tls", "curl-587", "curl-465"):
            self.assertEqual(len(self.find(subject)), 1, subject)

    def test_reads_over_both_imap_ports(self):
        self.send("smtp", "smtp", "curl-read")
        number = self.find("curl-read")[0]
        over_tls = self.curl("imaps", "imaps", "--user", LOGIN, path=f"INBOX;MAILINDEX={number}")
        self.assertIn(b"Subject: curl-read\r\n", over_tls)
        upgraded = self.curl("imap", "imap", "--ssl-reqd", "--user", LOGIN, path=f"INBOX;MAILINDEX={number}")
        self.assertEqual(upgraded, over_tls)

    def test_appends(self):
        with tempfile.NamedTemporaryFile() as file:  # its size must be known for a literal
            file.write(message("curl-append"))
            file.flush()
            self.curl("imaps", "imaps", "--user", LOGIN, "--upload-file", file.name, path="INBOX")
        self.assertEqual(len(self.find("curl-append")), 1)

    def test_is_refused_with_a_wrong_password(self):
        self.curl("imaps", "imaps", "--user", "ann@example.test:wrong", path="INBOX", code=67)


class Swaks(LiveTest):
    def setUp(self):
        require("swaks")

    def swaks(self, service, *arguments, code=0):
        done = subprocess.run(["swaks", "--server", "127.0.0.1", "--port", str(self.server.ports[service]), "--helo",
                               "client.example", "--from", "ann@example.test", *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE, text=True, check=False)
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def login(self, password=ACCOUNTS["ann@example.test"]):
        return ["--auth", "PLAIN", "--auth-user", "ann@example.test", "--auth-password", password]

    def test_delivers_in_the_clear(self):
        self.swaks("smtp", "--to", "team@example.test")

    def test_delivers_pipelined(self):
        self.swaks("smtp", "--to", "team@example.test", "--pipeline")

    def test_is_refused_as_a_relay(self):
        self.assertIn("554 5.7.1", self.swaks("smtp", "--to", "x@remote.example", code=24))

    def require_tls(self):
        require("perl")
        require_perl_module("Net::SSLeay")

    def test_submits(self):
        self.require_tls()
        self.swaks("submission", "--tls", "--to", "bob@example.test", *self.login())
        self.swaks("submissions", "--tls-on-connect", "--to", "bob@example.test", *self.login())

    def test_is_refused_with_a_wrong_password(self):
        self.require_tls()
        self.assertIn("535 5.7.8", self.swaks("submission", "--tls", "--to", "bob@example.test",
                                              *self.login("wrong"), code=28))


if __name__ == "__main__":
    unittest.main()
