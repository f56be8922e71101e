#!/usr/bin/env python3
"""The scripts of examples/, as a self-hoster runs them."""

import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import libmail

EXAMPLES = pathlib.Path(__file__).parents[2] / "examples"
LETTER = b"Subject: x\r\n\r\n" + b"x" * 600 + b"\r\n"


def run(name, *arguments):
    done = subprocess.run([sys.executable, "-B", EXAMPLES / name, *map(str, arguments)], capture_output=True, text=True,
                          timeout=200)
    return done.returncode, done.stdout, done.stderr


class Examples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.config, self.mail = pathlib.Path(folder.name) / "config", pathlib.Path(folder.name) / "mail"
        self.config.mkdir()
        self.people = pathlib.Path(folder.name) / "people.csv"

    def write(self, name, text):
        (self.config / name).write_text(text)

    def files(self):
        return {path.name: path.read_bytes() for path in self.config.glob("*.cf")}

    def test_embed_runs(self):
        code, said, errors = run("embed.py")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("ann@example.com", said)

    def test_five_hundred_accounts_from_a_csv(self):
        self.people.write_text("name,address,quota,alias\n" + "".join(
            f"P{n},p{n}@example.com,{'1G' if n % 2 else ''},{'a%d@example.com b%d@example.com' % (n, n) if n < 3 else ''}\n"
            for n in range(500)))
        code, said, errors = run("accounts_from_csv.py", self.config, self.people)
        self.assertEqual((code, errors), (0, ""))
        made = list(csv.DictReader(io.StringIO(said)))
        directory = libmail.Directory(self.config)
        self.assertEqual([row["address"] for row in made], [account.address for account in directory])
        self.assertEqual((len(made), len({row["password"] for row in made})), (500, 500))
        self.assertTrue(directory.verify_password(made[499]["address"], made[499]["password"]))
        self.assertEqual([directory["p2@example.com"].quota.octets, directory["p3@example.com"].quota.octets], [0, 1 << 30])
        self.assertEqual(directory.resolve("b2@example.com").recipients[0].address, "p2@example.com")

    def test_a_csv_with_a_fault_makes_no_account_and_names_the_line(self):
        self.write("postfix-accounts.cf", "ann@example.com|{PLAIN}x\n")
        before = self.files()
        for row, words in (("ann@example.com,", "already exists"), ("nobody,", "domain"), ("x@example.com,lots", "quota")):
            self.people.write_text(f"address,quota\nbob@example.com,\n{row}\n")
            code, said, errors = run("accounts_from_csv.py", self.config, self.people)
            self.assertEqual((code, said), (1, ""))
            self.assertRegex(errors, f"people.csv:3: .*{words}.*No account was made")
            self.assertEqual(self.files(), before)

    def test_who_is_over_quota(self):
        self.write("postfix-accounts.cf", "".join(f"{name}@example.com|{{PLAIN}}x\n" for name in ("a", "b", "c", "d", "e")))
        self.write("dovecot-quotas.cf", "a@example.com:1k\nb@example.com:1k\nc@example.com:1M\ne@example.com:1k\n")
        for name, count in (("a", 2), ("b", 3), ("c", 1), ("d", 9)):
            inbox = libmail.Maildir(self.mail, f"{name}@example.com", create=True).inbox
            inbox.append_many([(LETTER, (), None)] * count)
        code, said, _ = run("over_quota.py", self.config, self.mail)
        self.assertEqual((code, [line.split()[-1] for line in said.splitlines()]), (1, ["b@example.com", "a@example.com"]))
        code, said, _ = run("over_quota.py", self.config, self.mail, "--percent", 0.01, "--json")
        self.assertEqual([row["address"][0] for row in json.loads(said)], ["b", "a", "c"])
        self.assertEqual(run("over_quota.py", self.config, self.mail, "--percent", 500)[0], 0)

    def fill(self):
        self.write("postfix-accounts.cf", "# people\nann@old.example|{PLAIN}x|userdb_home=/h\nbob@other.example|{PLAIN}y\n")
        self.write("postfix-virtual.cf", "ann@old.example ann@old.example,x@far.example\nhello@old.example ann@old.example\n"
                                         "@old.example ann@old.example\nteam@other.example bob@other.example,gone@old.example\n")
        self.write("dovecot-quotas.cf", "ann@old.example:1G\n")
        self.write("postfix-send-access.cf", "ann@old.example REJECT\nold.example 550\nveryold.example 550\n")
        self.write("postfix-relaymap.cf", "@old.example [relay.test]:25\n")
        self.write("postfix-regexp.cf", "/@old\\.example$/ ann@other.example\n")
        libmail.Maildir(self.mail, "ann@old.example", create=True).create_folder("Work").append(LETTER)

    def test_a_domain_gets_another_name(self):
        self.fill()
        before = self.files()
        code, said, _ = run("rename_domain.py", self.config, self.mail, "old.example", "new.example", "--dry-run")
        self.assertEqual((code, self.files()), (0, before))
        self.assertIn("hello@old.example -> hello@new.example", said)
        code, said, errors = run("rename_domain.py", self.config, self.mail, "Old.example", "new.example")
        self.assertEqual((code, errors), (0, ""))
        files = {name: text.decode() for name, text in self.files().items()}
        self.assertEqual(files["postfix-accounts.cf"],
                         "# people\nann@new.example|{PLAIN}x|userdb_home=/h\nbob@other.example|{PLAIN}y\n")
        self.assertEqual(files["postfix-virtual.cf"],
                         "ann@new.example ann@new.example,x@far.example\nhello@new.example ann@new.example\n"
                         "@new.example ann@new.example\nteam@other.example bob@other.example,gone@old.example\n")
        self.assertEqual(files["dovecot-quotas.cf"], "ann@new.example:1G\n")
        self.assertEqual(files["postfix-send-access.cf"], "ann@new.example REJECT\nnew.example 550\nveryold.example 550\n")
        self.assertEqual(files["postfix-relaymap.cf"], "@new.example [relay.test]:25\n")
        self.assertEqual([line.split(":")[0] for line in said.splitlines() if line.startswith("please")],
                         ["please look at postfix-regexp.cf", "please look at postfix-virtual.cf"])
        maildir = libmail.Directory(self.config).maildir("ann@new.example", self.mail)
        self.assertEqual(maildir["Work"][1].bytes, LETTER)
        self.assertFalse((self.mail / "old.example").exists())

    def test_a_domain_that_cannot_be_renamed_stays_whole(self):
        self.fill()
        before = self.files()
        self.assertIn("nothing is said", run("rename_domain.py", self.config, self.mail, "far.example", "new.example")[2])
        (self.mail / "other.example").mkdir()
        self.assertIn("already", run("rename_domain.py", self.config, self.mail, "old.example", "other.example")[2])
        (self.mail / "other.example").rmdir()
        self.write("postfix-virtual.cf", "@old.example ann@old.example\n@new.example bob@other.example\n")
        before = self.files()
        code, _, errors = run("rename_domain.py", self.config, self.mail, "old.example", "new.example")
        self.assertEqual((code, self.files()), (1, before))
        self.assertIn("Nothing was changed", errors)
        self.assertTrue((self.mail / "old.example" / "ann" / "cur").is_dir())


if __name__ == "__main__":
    unittest.main()
