#!/usr/bin/env python3
"""libmail.smtp: the engine without I/O."""

import smtplib
import socket
import threading
import unittest

import libmail
from libmail import smtp

DIALOG = (b"LHLO client.example\r\nMAIL FROM:<eve@example.net> SIZE=10\r\nRCPT TO:<ann@example.com>\r\n"
          b"RCPT TO:<bob@example.com>\r\nRCPT TO:<no@example.com>\r\nDATA\r\n..dot\r\n.\r\nQUIT\r\n")


def lead(session, octets, piece, answer):
    """All that the session said, and its events."""
    said, seen = b"", []
    while not session.finished:
        for event in session.events():
            seen.append(event)
            answer(session, event)
        if output := session.output():
            said += output
            session.consume_output(len(output))
        elif octets:
            session.receive(octets[:piece], 0.0)
            octets = octets[piece:]
        else:
            session.receive_eof(0.0)
    return said, seen


def deliver(session, event):
    if event == smtp.RcptTo("no@example.com"):
        session.answer(550, "5.1.1", "Nobody\nhere")
    elif isinstance(event, smtp.DataEnd):
        session.answer_each([smtp.Reply(250, "2.0.0", "for ann"), (450, "4.2.2", "bob is full")])
    elif event.is_question:
        session.accept()


class Engine(unittest.TestCase):
    def test_an_lmtp_dialog_however_it_is_cut(self):
        for piece in (1, 7, 10_000):
            with self.subTest(piece):
                said, seen = lead(smtp.ServerSession("lmtp", hostname="mx.example", now=0.0), DIALOG, piece, deliver)
                lines = said.decode().splitlines()
                self.assertEqual(lines[0], "220 mx.example LMTP")
                self.assertIn("550-5.1.1 Nobody", lines)
                self.assertEqual(lines[-3:], ["250 2.0.0 for ann", "450 4.2.2 bob is full", "221 2.0.0 Bye"])
                self.assertEqual(seen[0], smtp.Connected())
                self.assertEqual(seen[1], smtp.Helo("client.example", True))
                self.assertEqual(seen[2], smtp.MailFrom("eve@example.net", 10, "7BIT", False))
                self.assertEqual(b"".join(e.bytes for e in seen if isinstance(e, smtp.DataChunk)), b".dot\r\n")
                self.assertEqual(seen[-2:], [smtp.DataEnd(6), smtp.Quit()])

    def test_a_wrong_answer_is_an_error_and_changes_nothing(self):
        session = smtp.ServerSession("lmtp", now=0.0)
        with self.assertRaisesRegex(libmail.Error, "no question"):
            session.accept()
        self.assertEqual(session.next(), smtp.Connected())
        self.assertIsNone(session.next())
        with self.assertRaisesRegex(libmail.Error, "not 7"):
            session.answer(7, "", "x")
        with self.assertRaisesRegex(libmail.Error, "answer_each"):
            session.answer_each([])
        with self.assertRaisesRegex(libmail.Error, "TLS"):
            session.tls_started()
        session.accept()
        with self.assertRaisesRegex(libmail.Error, "no question"):
            session.answer(550, "", "twice")
        self.assertTrue(session.output().startswith(b"220 "))
        with self.assertRaisesRegex(libmail.Error, "'smtp' or 'lmtp'"):
            smtp.ServerSession("uucp")

    def test_what_is_not_offered_never_comes_as_an_event(self):
        session = smtp.ServerSession("smtp", now=0.0)
        said, seen = lead(session, b"EHLO x\r\nAUTH PLAIN AGFubgB4\r\nXCLIENT NAME=x\r\nQUIT\r\n", 100,
                          lambda session, event: event.is_question and session.accept())
        self.assertNotIn(b"AUTH", said)
        self.assertEqual({type(event) for event in seen}, {smtp.Connected, smtp.Helo, smtp.Quit})

    def test_time_is_a_parameter(self):
        session = smtp.ServerSession("smtp", now=1000.0)
        session.next()
        session.accept()
        session.consume_output(len(session.output()))
        self.assertGreater(session.deadline, 1000.0)
        session.on_deadline(session.deadline - 1)
        self.assertFalse(session.finished)
        session.on_deadline(session.deadline + 1)
        self.assertTrue(session.output().startswith(b"421 "))

    def test_the_loop_of_the_documentation_serves_a_client(self):
        ours, theirs = socket.socketpair()
        messages = []

        def serve():
            session = smtp.ServerSession("smtp", hostname="mx.example")
            with ours:
                while not session.finished:
                    for event in session.events():
                        if isinstance(event, smtp.DataChunk):
                            messages.append(event.bytes)
                        if event.is_question:
                            session.accept()
                    if octets := session.output():
                        session.consume_output(ours.send(octets))
                    elif octets := ours.recv(65536):
                        session.receive(octets)
                    else:
                        session.receive_eof()

        server = threading.Thread(target=serve)
        server.start()
        client = smtplib.SMTP(local_hostname="client.example")
        client._get_socket = lambda *_: theirs
        client.connect("socketpair", 25)
        client.sendmail("eve@example.net", ["ann@example.com"], b"Subject: x\r\n\r\nbody\r\n")
        client.quit()
        server.join(10)
        self.assertEqual(b"".join(messages), b"Subject: x\r\n\r\nbody\r\n")


if __name__ == "__main__":
    unittest.main()
