"""Quotas, from mailctl to the reply at RCPT, with Python's clients."""
import concurrent.futures
import json
import smtplib
import unittest

from harness import LiveTest, message

ANN = "ann@example.test"
FULL = b"5.2.2 Quota exceeded (mailbox for user is full)"


class Quota(LiveTest):
    def setUp(self):
        self.imap = self.server.imap(ANN)
        self.ok(self.imap.select())
        self.empty()

    def tearDown(self):
        self.imap.logout()

    def empty(self):
        self.server.mailctl("quota", "del", ANN)
        self.ok(self.imap.noop())
        self.ok(self.imap.store("1:*", "+FLAGS", r"(\Deleted)"))
        self.ok(self.imap.expunge())

    def usage(self):
        listed = json.loads(self.server.mailctl("email", "list", "--json").stdout)
        return next(account["used"] for account in listed if account["address"] == ANN)

    def subjects(self):
        self.ok(self.imap.noop())
        found = self.ok(self.imap.search(None, "ALL"))[0].split()
        if not found:
            return []
        parts = self.ok(self.imap.fetch(b",".join(found), "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
        return [part[1].decode().strip().removeprefix("Subject: ") for part in parts if isinstance(part, tuple)]

    def test_is_told_refused_and_lifted(self):
        self.server.mailctl("quota", "set", ANN, "100k")
        self.assertIn(b" QUOTA=RES-STORAGE ", self.ok(self.imap.capability())[0])
        self.server.deliver(ANN, "large", "x" * 70 + "\n" + ("y" * 70 + "\n") * 1250)
        used = self.usage()
        roots, quotas = self.ok(self.imap.getquotaroot("INBOX"))
        self.assertEqual(roots, [b'INBOX "User quota"'])
        self.assertEqual(quotas, [b'"User quota" (STORAGE %d 100)' % -(-used // 1024)])
        self.assertEqual(self.subjects(), ["large", "quota warning"])
        # Declared before it comes, and not declared.
        with self.server.smtp() as client:
            client.ehlo()
            client.mail("eve@remote.example", ["SIZE=50000"])
            self.assertEqual(client.rcpt(ANN), (554, FULL))
            self.assertEqual(client.rcpt("info@example.test"), (554, FULL))
            self.assertEqual(client.rcpt("bob@example.test")[0], 250)
            client.rset()
            client.mail("eve@remote.example")
            self.assertEqual(client.rcpt(ANN)[0], 250)
            self.assertEqual(client.data(message("more", "z" * 70 + "\n" + ("z" * 70 + "\n") * 500)), (552, FULL))
        answer = self.imap.append("INBOX", "", None, message("saved", ("w" * 70 + "\n") * 200))
        self.assertEqual(answer[0], "NO")
        self.assertIn(b"[OVERQUOTA]", answer[1][0])
        self.assertEqual(self.ok(self.imap.copy("1", "Trash"))[0][:9], b"[COPYUID ")
        with self.server.submission("bob@example.test") as client:
            refused = client.sendmail("bob@example.test", [ANN, "bob@example.test"], message("to both"))
            self.assertEqual(refused, {ANN: (554, FULL)})
        self.assertEqual(self.imap.setquota('"User quota"', "(STORAGE 1)")[0], "NO")
        self.ok(self.imap.delete("Trash"))
        self.assertEqual(self.subjects(), ["large", "quota warning", "quota warning", "quota warning"])
        self.server.mailctl("quota", "set", ANN, "0")
        self.assertEqual(self.ok(self.imap.getquota('"User quota"')), [b'"User quota" ()'])
        self.server.deliver(ANN, "again")
        self.assertIn("again", self.subjects())

    def test_holds_however_many_deliver_at_once(self):
        body = ("x" * 70 + "\n") * 140
        self.server.deliver(ANN, "one", body)
        one = self.usage()
        self.empty()
        limit = one * 10
        self.server.mailctl("quota", "set", ANN, f"{limit}B")

        def deliver(number):
            try:
                self.server.deliver(ANN, f"message {number}", body)
            except smtplib.SMTPRecipientsRefused as refused:
                return refused.recipients[ANN]
            except smtplib.SMTPDataError as refused:
                return refused.smtp_code, refused.smtp_error
            return 250, b""

        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            answers = list(pool.map(deliver, range(50)))
        self.assertEqual({answer for answer in answers if answer[0] != 250} - {(554, FULL), (552, FULL)}, set())
        delivered = sum(1 for answer in answers if answer[0] == 250)
        kept = [subject for subject in self.subjects() if subject != "quota warning"]
        self.assertEqual(len(kept), delivered)
        self.assertIn(delivered, range(9, 12))  # the last may be within the grace; warnings take room, too
        self.assertLessEqual(self.usage(), limit + limit // 10 + 4096)


if __name__ == "__main__":
    unittest.main()
