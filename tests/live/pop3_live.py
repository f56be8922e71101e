"""Python's poplib and curl against the real maild."""
import poplib
import subprocess
import unittest

from harness import ACCOUNTS, LiveTest, PATIENCE, message, require

ANN = "ann@example.test"
BOB = "bob@example.test"


class Pop3(LiveTest):
    settings = "ENABLE_POP3=1\nLISTEN_POP3=127.0.0.1:0\nLISTEN_POP3S=127.0.0.1:0\n"

    def login(self, user):
        client = poplib.POP3_SSL("127.0.0.1", self.server.ports["pop3s"], context=self.server.tls(), timeout=PATIENCE)
        client.user(user)
        client.pass_(ACCOUNTS[user])
        return client

    def test_refuses_logins_in_the_clear_and_takes_them_after_stls(self):
        client = poplib.POP3("127.0.0.1", self.server.ports["pop3"], timeout=PATIENCE)
        self.assertNotIn("USER", client.capa())
        with self.assertRaises(poplib.error_proto) as caught:
            client.user(ANN)
        self.assertIn("[AUTH]", str(caught.exception))
        client.stls(context=self.server.tls())
        self.assertIn("USER", client.capa())
        client.user(ANN)
        client.pass_(ACCOUNTS[ANN])
        client.quit()

    def test_refuses_a_wrong_password(self):
        client = poplib.POP3_SSL("127.0.0.1", self.server.ports["pop3s"], context=self.server.tls(), timeout=PATIENCE)
        client.user(ANN)
        with self.assertRaises(poplib.error_proto) as caught:
            client.pass_("wrong")
        self.assertIn("[AUTH]", str(caught.exception))
        client.quit()

    def test_fetches_and_deletes_with_quit_only(self):
        body = "First line.\n.a dot\n..two\n.\nlast\n"
        for number in range(3):
            self.server.deliver(BOB, f"pop {number}", body)
        client = self.login(BOB)
        self.assertEqual(client.stat()[0], 3)
        ids = [line.split()[1] for line in client.uidl()[1]]
        self.assertEqual([len(i) for i in ids], [16] * 3)
        self.assertEqual([i[:8] for i in ids], [b"00000001", b"00000002", b"00000003"])
        lines, octets = client.retr(2)[1:]
        self.assertIn(b"Subject: pop 1", lines)
        self.assertEqual(lines[-5:], [b"First line.", b".a dot", b"..two", b".", b"last"])
        self.assertEqual(int(client.list(2).split()[2]), octets)
        self.assertEqual(client.top(1, 2)[1][-2:], [b"First line.", b".a dot"])
        client.dele(1)
        client.close()  # no QUIT

        client = self.login(BOB)
        self.assertEqual(client.stat()[0], 3)
        client.dele(1)
        client.dele(3)
        client.rset()
        client.dele(2)
        client.quit()

        client = self.login(BOB)
        self.assertEqual([line.split()[1] for line in client.uidl()[1]], [ids[0], ids[2]])
        client.quit()
        imap = self.server.imap(BOB)
        self.ok(imap.select())
        self.assertEqual(self.ok(imap.uid("SEARCH", None, "ALL"))[0], b"1 3")
        imap.logout()

    def test_serves_curl_over_both_ports(self):
        require("curl")
        self.server.deliver(ANN, "for curl")
        for scheme, port, *more in (("pop3s", "pop3s"), ("pop3", "pop3", "--ssl-reqd")):
            done = subprocess.run(
                ["curl", "--silent", "--show-error", "--max-time", str(int(PATIENCE)), "--cacert",
                 str(self.server.authority), "--user", f"{ANN}:{ACCOUNTS[ANN]}", *more,
                 f"{scheme}://127.0.0.1:{self.server.ports[port]}/1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                timeout=PATIENCE + 5, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"Subject: for curl\r\n", done.stdout)


if __name__ == "__main__":
    unittest.main()
