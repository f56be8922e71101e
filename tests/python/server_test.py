#!/usr/bin/env python3
"""libmail.Server as a scripter's tests use it: the standard library's clients against it, in one process."""

import gc
import imaplib
import multiprocessing
import os
import pathlib
import poplib
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import libmail

ANN = {"ann@example.com": "secret"}
LETTER = b"From: eve@example.net\r\nSubject: hello\r\n\r\nworld\r\n"


def threads():
    return len(os.listdir("/proc/self/task"))


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def settles_at(count, wanted):
    """A thread that was joined may stand in /proc for a moment longer."""
    end = time.monotonic() + 10
    while count() != wanted and time.monotonic() < end:
        time.sleep(0.001)
    return count() == wanted


def resident_kilobytes():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


class Clients(unittest.TestCase):
    def test_what_goes_in_by_smtp_is_in_the_mailbox(self):
        with libmail.Server(ANN, {"hello@example.com": "ann@example.com"}) as server:
            with smtplib.SMTP(*server.smtp) as smtp:
                self.assertEqual(smtp.sendmail("eve@example.net", ["hello@example.com"], LETTER), {})
            [message] = server.messages("ann@example.com")
            self.assertEqual(message.uid, 1)
            self.assertEqual(message.flags, frozenset())
            self.assertTrue(message.bytes.endswith(LETTER))
            self.assertEqual(message.email["Subject"], "hello")
            self.assertEqual(message.parse().get("subject"), "hello")
            self.assertLess(abs(message.received.timestamp() - time.time()), 3600)

    def test_smtp_with_starttls_checks_the_certificate(self):
        with libmail.Server(ANN) as server, smtplib.SMTP(*server.submission) as smtp:
            smtp.starttls(context=server.ssl_context())
            smtp.login("ann@example.com", "secret")
            smtp.sendmail("ann@example.com", ["ann@example.com"], LETTER)
            self.assertEqual(len(server.messages("ann@example.com")), 1)
            with smtplib.SMTP(*server.submission) as stranger, self.assertRaises(ssl.SSLCertVerificationError):
                stranger.starttls(context=ssl.create_default_context())

    def test_submissions_speaks_tls_at_once_and_refuses_a_wrong_password(self):
        with libmail.Server(ANN) as server:
            with smtplib.SMTP_SSL(*server.submissions, context=server.ssl_context()) as smtp:
                with self.assertRaises(smtplib.SMTPAuthenticationError):
                    smtp.login("ann@example.com", "wrong")
                smtp.login("ann@example.com", "secret")

    def test_imap_reads_flags_and_is_seen_by_the_store(self):
        with libmail.Server(ANN) as server:
            uid = server.add_message("ann@example.com", "Subject: one\n\nbody\n", flags=["\\Flagged", "$Work"])
            with imaplib.IMAP4_SSL(*server.imaps, ssl_context=server.ssl_context()) as imap:
                imap.login("ann@example.com", "secret")
                self.assertEqual(imap.select("INBOX"), ("OK", [b"1"]))
                _, [data, _] = imap.uid("FETCH", str(uid), "(FLAGS BODY[])")
                self.assertEqual(data[1], b"Subject: one\r\n\r\nbody\r\n")
                self.assertIn(b"\\Flagged", data[0])
            [message] = server.messages("ann@example.com")
            self.assertEqual(message.flags, {"\\Flagged", "\\Seen", "$Work"})

    def test_imap_with_starttls(self):
        with libmail.Server(ANN) as server, imaplib.IMAP4(*server.imap) as imap:
            imap.starttls(server.ssl_context())
            self.assertEqual(imap.login("ann@example.com", "secret")[0], "OK")

    def test_pop3_reads_and_deletes(self):
        with libmail.Server(ANN) as server:
            if "pop3s" not in server.listeners:
                self.skipTest("this build has no POP3")
            server.add_message("ann@example.com", LETTER)
            pop = poplib.POP3_SSL(*server.pop3s, context=server.ssl_context())
            pop.user("ann@example.com")
            pop.pass_("secret")
            self.assertEqual(b"\r\n".join(pop.retr(1)[1]) + b"\r\n", LETTER)
            pop.dele(1)
            pop.quit()
            self.assertEqual(server.messages("ann@example.com"), [])

    def test_lmtp_answers_for_each_recipient(self):
        with libmail.Server(ANN) as server:
            if "lmtp" not in server.listeners:
                self.skipTest("this build has no LMTP")
            with smtplib.LMTP(*server.lmtp) as lmtp:
                refused = lmtp.sendmail("eve@example.net", ["ann@example.com", "nobody@example.com"], LETTER)
            self.assertEqual(list(refused), ["nobody@example.com"])
            self.assertEqual(len(server.messages("ann@example.com")), 1)


class Use(unittest.TestCase):
    def test_every_service_has_an_address_of_its_own(self):
        with libmail.Server() as server:
            names = server.listeners.keys()
            self.assertLessEqual({"smtp", "submission", "submissions", "imap", "imaps"}, names)
            ports = [address.port for addresses in server.listeners.values() for address in addresses]
            self.assertEqual(len(set(ports)), len(ports))
            for name in names:
                self.assertEqual(getattr(server, name), server.listeners[name][0])
            self.assertIn(f"smtp=127.0.0.1:{server.smtp.port}", repr(server))

    def test_a_stopped_server_refuses_connections_and_can_still_be_read(self):
        server = libmail.Server(ANN)
        server.add_message("ann@example.com", LETTER)
        server.stop()
        server.stop()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(server.smtp)
        self.assertEqual(len(server.messages("ann@example.com")), 1)

    def test_folders_are_made_as_they_are_needed(self):
        with libmail.Server(ANN) as server:
            self.assertEqual(server.folders("ann@example.com"), ["INBOX"])
            self.assertEqual(server.add_message("ann@example.com", LETTER, "Lists.Work"), 1)
            self.assertEqual(server.add_message("ann@example.com", LETTER, "Lists.Work"), 2)
            self.assertEqual(server.folders("ann@example.com"), ["INBOX", "Lists.Work"])
            self.assertEqual([m.uid for m in server.messages("ann@example.com", "Lists.Work")], [1, 2])

    def test_who_gets_mail_can_be_asked(self):
        with libmail.Server(ANN, "hello@example.com ann+hi@example.com\n@example.com ann@example.com\n") as server:
            found = server.resolve("hello@example.com")
            self.assertEqual(found.verdict, "deliverable")
            self.assertEqual([r.address for r in found.recipients], ["ann@example.com"])
            self.assertEqual(found.path[0].file, "postfix-virtual.cf")
            self.assertEqual([account.address for account in server.directory], ["ann@example.com"])
            self.assertEqual(len(server.directory.aliases), 2)

    def test_the_log_can_be_read(self):
        with libmail.Server(ANN) as server:
            with smtplib.SMTP(*server.smtp) as smtp:
                smtp.sendmail("eve@example.net", ["ann@example.com"], LETTER)
            [line] = [line for line in server.log if line.sentence == "message delivered"]
            self.assertEqual(line.fields["from"], "eve@example.net")
            self.assertIn("info message delivered", str(line))

    def test_settings_count_without_a_folder_too(self):
        with libmail.Server(ANN, settings={"POSTFIX_MESSAGE_SIZE_LIMIT": 1000}) as server:
            with smtplib.SMTP(*server.smtp) as smtp:
                with self.assertRaises(smtplib.SMTPSenderRefused):
                    smtp.sendmail("eve@example.net", ["ann@example.com"], b"x" * 2000)

    def test_a_config_folder_makes_it_what_maild_is(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            for part in ("config", "mail", "state"):
                (folder / part).mkdir()
            (folder / "config/postfix-accounts.cf").write_text("ann@example.com|{PLAIN}secret\n")
            listen = {f"LISTEN_{service}": "127.0.0.1:0" for service in ("SMTP", "SUBMISSION", "SUBMISSIONS", "IMAP", "IMAPS")}
            settings = {**listen, "SSL_TYPE": "self-signed", "OVERRIDE_HOSTNAME": "mail.example.com"}
            with libmail.Server(config=folder / "config", mail=folder / "mail", state=folder / "state",
                                settings=settings) as server:
                self.assertEqual(server.hostname, "mail.example.com")
                self.assertTrue((folder / "state/run/listeners.json").exists())
                with smtplib.SMTP(*server.smtp) as smtp:
                    smtp.starttls(context=server.ssl_context())
                    smtp.sendmail("eve@example.net", ["ann@example.com"], LETTER)
                self.assertEqual(len(server.messages("ann@example.com")), 1)
                (folder / "config/postfix-virtual.cf").write_text("hello@example.com ann@example.com\n")
                server.reload()
                self.assertEqual(server.resolve("hello@example.com").verdict, "deliverable")
            self.assertEqual(len(list((folder / "mail/example.com/ann").rglob("*,S=*"))), 1)

    def test_errors_say_what_is_wrong(self):
        for words, make in [
            ("no address", lambda: libmail.Server({"no address": "x"})),
            ("nowhere", lambda: libmail.Server(config="/nowhere/at/all")),
            ("MESSAGE_SIZE", lambda: libmail.Server(settings={"POSTFIX_MESSAGE_SIZE_LIMIT": "many"})),
            ("POSTFIX_MESAGE", lambda: libmail.Server(settings={"POSTFIX_MESAGE_SIZE_LIMIT": "1"})),
        ]:
            with self.subTest(words), self.assertRaisesRegex(libmail.Error, words):
                make()
        with libmail.Server(ANN) as server:
            with self.assertRaisesRegex(libmail.Error, "no account bob@example.com; there is ann") as caught:
                server.messages("bob@example.com")
            self.assertEqual((caught.exception.code, caught.exception.is_temporary), ("NOT_FOUND", False))
            with self.assertRaisesRegex(libmail.Error, r"\\Seem"):
                server.add_message("ann@example.com", LETTER, flags=["\\Seem"])
            with self.assertRaises(libmail.Error):
                server.messages("ann@example.com", "No such folder")
            with self.assertRaisesRegex(libmail.Error, "no sieve listener"):
                server._first("sieve")
        self.assertEqual(libmail.Error.__module__, "libmail")


class Resources(unittest.TestCase):
    def test_it_is_ready_in_less_than_five_milliseconds(self):
        best = 1.0
        for _ in range(20):
            begin = time.perf_counter()
            with libmail.Server(ANN) as server:
                best = min(best, time.perf_counter() - begin)
                self.assertTrue(server.smtp.port)
        self.assertLess(best, 0.005)

    def test_a_thousand_servers_leave_nothing_behind(self):
        def one():
            with libmail.Server(ANN) as server:
                server.add_message("ann@example.com", LETTER)

        for _ in range(50):
            one()
        gc.collect()
        self.assertTrue(settles_at(threads, 1))
        before = descriptors()
        memory = resident_kilobytes()
        begin = time.perf_counter()
        for _ in range(1000):
            one()
        self.assertLess(time.perf_counter() - begin, 10)
        gc.collect()
        self.assertTrue(settles_at(threads, 1))
        self.assertEqual(descriptors(), before)
        self.assertLess(resident_kilobytes() - memory, 8 * 1024)

    def test_one_that_nobody_stopped_ends_with_its_last_reference(self):
        self.assertTrue(settles_at(threads, 1))
        server = libmail.Server()
        address = server.smtp
        self.assertGreater(threads(), 1)
        del server
        self.assertTrue(settles_at(threads, 1))
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(address)

    def test_other_threads_run_while_it_waits(self):
        with libmail.Server(ANN, stop_grace=30) as server:
            clients = [socket.create_connection(server.imap) for _ in range(3)]
            done = []

            def talk(client):
                while client.recv(4096):
                    pass
                done.append(client)

            talkers = [threading.Thread(target=talk, args=(client,)) for client in clients]
            for talker in talkers:
                talker.start()
            # The goodbye is read by threads of Python: stop() would wait for ever if it held the GIL.
            server.stop()
            for talker in talkers:
                talker.join(10)
            self.assertEqual(len(done), 3)
            for client in clients:
                client.close()

    def test_many_threads_may_use_one(self):
        with libmail.Server(ANN) as server:
            def work():
                for _ in range(20):
                    server.add_message("ann@example.com", LETTER)
                    server.messages("ann@example.com")

            workers = [threading.Thread(target=work) for _ in range(4)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            self.assertEqual([m.uid for m in server.messages("ann@example.com")], list(range(1, 81)))


class Fork(unittest.TestCase):
    """A fork leaves the child with the object, but without its threads."""

    def in_child(self, work):
        """What `work` returns, run in a forked child."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(read)
                os.write(write, repr(work()).encode())
                os._exit(0)
            finally:
                os._exit(1)
        os.close(write)
        with open(read) as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        self.assertEqual(status, 0)
        return said

    def test_a_child_is_told_that_the_server_is_not_there(self):
        with libmail.Server(ANN) as server:
            def work():
                try:
                    server.messages("ann@example.com")
                except libmail.Error as error:
                    return str(error)

            self.assertIn(f"runs in process {os.getpid()}", self.in_child(work))
            self.assertIn("of another process", self.in_child(lambda: repr(server)))

    def test_a_child_may_stop_it_and_start_its_own_without_harm(self):
        with libmail.Server(ANN) as server:
            def work():
                nonlocal server
                server.stop()
                server = None
                gc.collect()
                with libmail.Server(ANN) as own:
                    own.add_message("ann@example.com", LETTER)
                    return len(own.messages("ann@example.com"))

            self.assertEqual(self.in_child(work), "1")
            with smtplib.SMTP(*server.smtp) as smtp:
                self.assertEqual(smtp.noop()[0], 250)

    def test_a_child_keeps_no_port_and_no_connection_open(self):
        server = libmail.Server(ANN)
        client = socket.create_connection(server.imap)
        self.assertIn(b"* OK", client.recv(4096))
        go_on, end = os.pipe()
        ready, is_ready = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(end)
            client.close()
            os.write(is_ready, b"x")
            os.read(go_on, 1)
            os._exit(0)
        try:
            os.close(go_on)
            os.close(is_ready)
            os.read(ready, 1)
            os.close(ready)
            server.stop()
            client.settimeout(10)
            while client.recv(4096):
                pass
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(server.smtp)
        finally:
            os.close(end)
            os.waitpid(child, 0)
            client.close()

    def test_processes_of_multiprocessing_may_be_its_clients(self):
        with libmail.Server(ANN) as server:
            child = multiprocessing.get_context("fork").Process(target=deliver, args=(server.smtp,))
            child.start()
            child.join(30)
            self.assertEqual(child.exitcode, 0)
            self.assertEqual(len(server.messages("ann@example.com")), 1)


def deliver(address):
    with smtplib.SMTP(*address) as smtp:
        smtp.sendmail("eve@example.net", ["ann@example.com"], LETTER)


class End(unittest.TestCase):
    def test_a_program_may_end_with_a_server_running(self):
        for program in [
            "import libmail; server = libmail.Server()",
            "import libmail, sys; server = libmail.Server(); sys.exit(0)",
            "import libmail, socket; s = libmail.Server(); c = socket.create_connection(s.imap); c.recv(9)",
            "import libmail; s = libmail.Server(); s.itself = s",
        ]:
            with self.subTest(program):
                done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
