#!/usr/bin/env python3
"""libmail.Message and its parsers."""

import datetime
import unittest

import libmail

LETTER = (
    b"From: =?utf-8?q?Ann_M=C3=BCller?= <ann@example.com>\r\n"
    b"To: Team: bob@example.com, \"Q, C\" <carl@example.com>;\r\n"
    b"Subject: =?iso-8859-1?q?gr=FC=DFe?=\r\n and more\r\n"
    b"Received: one\r\nReceived: two\r\n"
    b"Date: Sat, 21 Nov 2026 23:00:08 +0100\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n"
    b"\r\n"
    b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ngr=FC=DFe\r\n"
    b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''gr%C3%BC.pdf\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ndeep\r\n"
    b"--b--\r\n")


class Messages(unittest.TestCase):
    def test_header_fields_are_unfolded_and_decoded(self):
        message = libmail.Message(LETTER)
        self.assertEqual(message.get("subject"), "grüße and more")
        self.assertEqual(message.get_all("RECEIVED"), ["one", "two"])
        self.assertIsNone(message.get("Cc"))
        self.assertEqual(message.get("Cc", "none"), "none")
        self.assertEqual(message.fields[3], ("Received", "one"))
        self.assertEqual(message.date, datetime.datetime(
            2026, 11, 21, 23, 0, 8, tzinfo=datetime.timezone(datetime.timedelta(hours=1))))
        self.assertEqual(bytes(message), LETTER)

    def test_addresses_with_names_and_groups(self):
        message = libmail.Message(LETTER)
        [ann] = message.addresses("From")
        self.assertEqual((ann.name, ann.spec, str(ann)), ("Ann Müller", "ann@example.com", "Ann Müller <ann@example.com>"))
        self.assertEqual([(a.kind, a.name, a.spec) for a in message.addresses("to")], [
            ("group", "Team", ""), ("mailbox", "", "bob@example.com"), ("mailbox", "Q, C", "carl@example.com"),
            ("group end", "", "")])
        self.assertEqual(message.addresses("Cc"), [])
        self.assertEqual(libmail.parse_addresses('"a b"@example.com')[0].local_part, "a b")
        self.assertEqual(libmail.parse_addresses("(" * 100_000), [])

    def test_parts_by_tree_by_list_and_by_number(self):
        message = libmail.Message(LETTER)
        self.assertEqual(message.content_type, "multipart/mixed")
        self.assertEqual(message.parameters, {"boundary": "b"})
        text, pdf, inner = message.children
        self.assertEqual((text.content_type, text.encoding, text.text), ("text/plain", "quoted-printable", "grüße"))
        self.assertEqual(text.body, b"gr=FC=DFe")
        self.assertEqual((pdf.disposition, pdf.filename, pdf.content), ("attachment", "grü.pdf", b"\0\1\2"))
        self.assertEqual(inner.children[0].get("Subject"), "inner")
        self.assertEqual([part.content_type for part in message.parts], [
            "multipart/mixed", "text/plain", "application/pdf", "message/rfc822", "text/plain"])
        self.assertEqual(message.part(2).filename, "grü.pdf")
        self.assertEqual(message.part(3, 1).text, "deep")
        self.assertIsNone(message.part(4))
        self.assertFalse(message.is_truncated)

    def test_parts_outlive_the_message_that_they_came_from(self):
        part = libmail.Message(LETTER).children[0]
        self.assertEqual(part.text, "grüße")

    def test_anything_is_a_message(self):
        for octets in (b"", b"\0" * 100, b"\xff\xfe", b"no header\r\n", b"Content-Type: multipart/x\r\n\r\n", LETTER[:300]):
            with self.subTest(octets[:20]):
                message = libmail.Message(octets)
                self.assertEqual(bytes(message), octets)
                self.assertGreaterEqual(len(message.parts), 1)
                message.fields, message.text, message.date  # noqa: B018
        deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(5000))
        self.assertTrue(libmail.Message(deep).is_truncated)
        self.assertEqual(libmail.Message("Subject: text\n\nbody").get("subject"), "text")

    def test_dates(self):
        self.assertEqual(libmail.parse_date("1 Jan 70 00:00 GMT"), datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc))
        self.assertIsNone(libmail.parse_date("yesterday"))
        self.assertIsNone(libmail.Message(b"Subject: x\r\n\r\n").date)


if __name__ == "__main__":
    unittest.main()
