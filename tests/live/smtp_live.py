"""Python's smtplib against the real maild."""
import imaplib
import pathlib
import signal
import smtplib
import socket
import ssl
import tempfile
import unittest

from harness import ACCOUNTS, HOSTNAME, PATIENCE, LiveTest, message


class Port25(LiveTest):
    def test_greets_and_says_what_it_can(self):
        with self.server.smtp() as client:
            code, _ = client.ehlo()
            self.assertEqual(code, 250)
            for feature in ("starttls", "pipelining", "size", "8bitmime", "enhancedstatuscodes"):
                self.assertIn(feature, client.esmtp_features)
            self.assertNotIn("auth", client.esmtp_features)
            self.assertEqual(client.esmtp_features["size"].strip(), "10240000")

    def test_delivers_through_an_alias_to_each_target(self):
        self.assertEqual(self.server.deliver("team@example.test", "to the team"), {})
        for user in ACCOUNTS:
            imap = self.server.imap(user)
            imap.select()
            self.assertEqual(len(self.ok(imap.search(None, "SUBJECT", '"to the team"'))[0].split()), 1)
            imap.logout()

    def test_offers_no_auth_after_tls_either(self):
        with self.server.smtp() as client:
            client.starttls(context=self.server.tls())
            client.ehlo()
            self.assertNotIn("auth", client.esmtp_features)
            self.assertNotIn("starttls", client.esmtp_features)

    def recipient(self, address):
        with self.server.smtp() as client:
            client.ehlo()
            client.mail("sender@remote.example")
            code, text = client.rcpt(address)
            return code, text.decode()

    def test_refuses_to_relay(self):
        code, text = self.recipient("someone@remote.example")
        self.assertEqual(code, 554)
        self.assertIn("5.7.1 <someone@remote.example>: Relay access denied", text)

    def test_refuses_unknown_users(self):
        self.assertEqual(self.recipient("nobody@example.test")[0], 550)

    def test_defers_an_alias_with_a_remote_target(self):
        self.assertEqual(self.recipient("away@example.test")[0], 451)

    def test_accepts_what_is_deliverable(self):
        for address in ("ann@example.test", "ANN@Example.Test", "ann+news@example.test", "info@example.test",
                        "anything@catchall.test", "postmaster@" + HOSTNAME):
            code, _ = self.recipient(address)
            # Postmaster has no mailbox here: it may be refused, but must be answered.
            self.assertIn(code, (250, 451, 550) if address.startswith("postmaster") else (250,), address)

    def test_closes_on_commands_pipelined_behind_starttls(self):
        with socket.create_connection(("127.0.0.1", self.server.ports["smtp"]), PATIENCE) as plain:
            plain.sendall(b"EHLO client.example\r\n")
            seen = b""
            while b"\r\n250 " not in seen:
                seen += plain.recv(4096)
            plain.sendall(b"STARTTLS\r\nMAIL FROM:<evil@remote.example>\r\n")
            rest = b""
            try:
                while chunk := plain.recv(4096):
                    rest += chunk
            except ConnectionResetError:
                pass
            self.assertNotIn(b"250 2.1.0", rest)

    def test_refuses_a_message_that_is_too_big_before_it_is_sent(self):
        with self.server.smtp() as client:
            client.ehlo()
            self.assertEqual(client.mail("sender@remote.example", ["SIZE=10240001"])[0], 552)
            self.assertEqual(client.mail("sender@remote.example", ["SIZE=10240000"])[0], 250)


class Submission(LiveTest):
    def test_needs_tls_first(self):
        with smtplib.SMTP("127.0.0.1", self.server.ports["submission"], timeout=PATIENCE) as client:
            client.ehlo()
            self.assertNotIn("auth", client.esmtp_features)
            code, text = client.docmd("MAIL", "FROM:<ann@example.test>")
            self.assertEqual((code, text.split()[0]), (530, b"5.7.0"))

    def test_needs_a_login(self):
        with self.server.submission() as client:
            client.ehlo()
            client.mail("ann@example.test")
            self.assertGreaterEqual(client.rcpt("bob@example.test")[0], 500)

    def test_refuses_a_wrong_password(self):
        with self.server.submission() as client:
            with self.assertRaises(smtplib.SMTPAuthenticationError) as caught:
                client.login("ann@example.test", "wrong")
            self.assertEqual(caught.exception.smtp_code, 535)

    def test_refuses_an_unknown_login_with_the_same_words(self):
        words = []
        for login in ("ann@example.test", "nobody@example.test"):
            with self.server.submission() as client:
                with self.assertRaises(smtplib.SMTPAuthenticationError) as caught:
                    client.login(login, "wrong")
                words.append(caught.exception.smtp_error)
        self.assertEqual(words[0], words[1])

    def test_delivers_what_a_user_sends_to_another(self):
        with self.server.submission("ann@example.test") as client:
            client.sendmail("ann@example.test", "bob@example.test", message("from ann"))
        imap = self.server.imap("bob@example.test")
        imap.select()
        self.assertEqual(len(self.ok(imap.search(None, "SUBJECT", '"from ann"'))[0].split()), 1)
        imap.logout()

    def test_defers_mail_to_the_outside(self):
        with self.server.submission("ann@example.test") as client:
            client.ehlo()
            client.mail("ann@example.test")
            code, text = client.rcpt("someone@remote.example")
            self.assertEqual((code, text.split()[0]), (451, b"4.3.0"))

    def test_works_with_tls_from_the_start(self):
        with self.server.submissions() as client:
            client.login("ann@example.test", ACCOUNTS["ann@example.test"])
            client.sendmail("ann@example.test", "ann@example.test", message("by 465"))

    def test_speaks_no_old_tls(self):
        context = self.server.tls()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, OSError)):
            smtplib.SMTP_SSL("127.0.0.1", self.server.ports["submissions"], context=context, timeout=PATIENCE)


class Lmtp(LiveTest):
    """On TCP and on a unix socket, which a second start finds still there."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.socket = pathlib.Path(cls.folder.name) / "lmtp"
        cls.settings = f"LISTEN_LMTP=127.0.0.1:0,unix:{cls.socket}\n"
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()

    def deliver(self, host, port, subject):
        """The answers to RCPT and to the message, of an account, another, and nobody."""
        client = smtplib.LMTP(host, port, local_hostname="client.example")
        client.ehlo()
        client.mail("sender@remote.example")
        asked = [client.rcpt(f"{name}@example.test")[0] for name in ("ann", "bob", "nobody")]
        client.putcmd("data")
        self.assertEqual(client.getreply()[0], 354)
        client.send(message(subject) + b".\r\n")
        answered = [client.getreply()[0] for code in asked if code == 250]
        client.quit()
        return asked, answered

    def check(self, host, port, subject):
        self.assertEqual(self.deliver(host, port, subject), ([250, 250, 550], [250, 250]))
        for user in ACCOUNTS:
            imap = self.server.imap(user)
            imap.select()
            self.assertEqual(len(self.ok(imap.search(None, "SUBJECT", f'"{subject}"'))[0].split()), 1)
            imap.logout()

    def test_answers_for_each_recipient(self):
        self.check("127.0.0.1", self.server.ports["lmtp"], "over tcp")
        self.check(str(self.socket), 0, "over a unix socket")
        self.server.stop()
        self.server.start()
        self.check(str(self.socket), 0, "after a restart")


class BehindAProxy(LiveTest):
    """The PROXY protocol, as Postfix's and Dovecot's files switch it on."""

    settings = "PROXY_TRUSTED_NETWORKS=127.0.0.1\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.server.config / "postfix-master.cf").write_text(
            "smtp/inet/postscreen_upstream_proxy_protocol=haproxy\n")
        (cls.server.config / "dovecot.cf").write_text(
            "service imap-login {\n  inet_listener imaps {\n    haproxy = yes\n  }\n}\n")
        cls.server.mailctl("config", "check")
        cls.server.stop(signal.SIGTERM)
        cls.server.start()

    def connect(self, service, header):
        connection = socket.create_connection(("127.0.0.1", self.server.ports[service]), PATIENCE)
        self.addCleanup(connection.close)
        connection.sendall(header)
        return connection

    def test_the_client_is_named_in_the_log_and_in_received(self):
        client = smtplib.SMTP(timeout=PATIENCE, local_hostname="client.example")
        client.sock = self.connect("smtp", b"PROXY TCP4 203.0.113.9 192.0.2.1 40000 25\r\n")
        client.file = None
        self.assertEqual(client.getreply()[0], 220)
        client.sendmail("sender@remote.example", "ann@example.test", message("through a proxy"))
        client.quit()
        self.assertIn("peer=203.0.113.9", self.server.log())
        with tls_imap(self, b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0") as imap:
            imap.login("ann@example.test", ACCOUNTS["ann@example.test"])
            imap.select()
            found = self.ok(imap.search(None, "SUBJECT", '"through a proxy"'))[0]
            header = self.ok(imap.fetch(found, "BODY[HEADER.FIELDS (RECEIVED)]"))[0][1]
            self.assertIn(b"[203.0.113.9]", header)

    def test_a_client_without_a_header_gets_no_greeting(self):
        connection = self.connect("smtp", b"EHLO client.example\r\n")
        self.assertEqual(connection.recv(100), b"")

    def test_other_services_are_as_before(self):
        with self.server.submission("ann@example.test") as client:
            self.assertEqual(client.noop()[0], 250)


def tls_imap(test, header):
    """imaplib over TLS behind a PROXY header."""
    class Proxied(imaplib.IMAP4_SSL):
        def _create_socket(self, timeout):
            plain = test.connect("imaps", header)
            return self.ssl_context.wrap_socket(plain, server_hostname=self.host)
    return Proxied("127.0.0.1", test.server.ports["imaps"], ssl_context=test.server.tls())


if __name__ == "__main__":
    unittest.main()
