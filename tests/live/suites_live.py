"""IMAP dialogs that nobody here wrote, against the real maild: ImapTest's scripts, and Dovecot's answers to SEARCH.

The data is not in the repository: $MAIL_SUITES, else ../shared/suites beside the checkout. Where we differ with reason
is listed in tests/cases/suites/imaptest and tests/cases/suites/dovecot-oracle-search.
"""
import json
import os
import pathlib
import re
import socket
import ssl
import unittest

from harness import ACCOUNTS, PATIENCE, Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
ANN = "ann@example.test"


def suite(name):
    folder = pathlib.Path(os.environ.get("MAIL_SUITES") or ROOT.parent / "shared" / "suites") / name
    if folder.is_dir():
        return folder
    if os.environ.get("MAIL_SUITES_REQUIRED") == "1":
        raise AssertionError(f"{folder} is missing, and MAIL_SUITES_REQUIRED=1")
    raise unittest.SkipTest(f"{folder} is missing")


def exceptions(name):
    """`key  reason` a line."""
    lines = (ROOT / "tests/cases/suites" / name).read_text().splitlines()
    return dict(line.split("  ", 1) for line in lines if line and not line.startswith("#"))


# ---- IMAP values: an atom or string is bytes, a list is a list, a code in brackets is a tuple

class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def values(self, end=b""):
        found = []
        while True:
            while self.data[self.at:self.at + 1] == b" ":
                self.at += 1
            c = self.data[self.at:self.at + 1]
            if c == end or not c:
                self.at += 1
                return found
            found.append(self.value(c))

    def value(self, c):
        if c in (b"(", b"["):
            self.at += 1
            return self.values(b")") if c == b"(" else tuple(self.values(b"]"))
        if c == b'"':
            match = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.S).match(self.data, self.at)
            self.at = match.end()
            return re.sub(rb"\\(.)", rb"\1", match.group(1))
        match = re.compile(rb"\{(\d+)\}\r\n").match(self.data, self.at)
        if match:
            self.at = match.end() + int(match.group(1))
            return self.data[match.end():self.at]
        # "body[header.fields (a b)]<0>" is one word; "[" alone begins a code.
        match = re.compile(rb'[^ ()\[\]"]+(?:\[[^\]]*\](?:<\d+>)?)?|.', re.S).match(self.data, self.at)
        self.at = match.end()
        return match.group(0)


class Connection:
    def __init__(self, server):
        plain = socket.create_connection(("127.0.0.1", server.ports["imaps"]), timeout=PATIENCE)
        self.socket = server.tls().wrap_socket(plain, server_hostname="localhost")
        self.file = self.socket.makefile("rb")
        self.tags = 0
        self.originals = []  # which number before the command at hand each number was
        self.capabilities = self.read()[1].upper()

    def read(self):
        """One response: its first word, and all of it."""
        line = self.file.readline()
        while True:
            size = re.search(rb"\{(\d+)\}\r\n$", line)
            if not size:
                break
            line += self.file.read(int(size.group(1))) + self.file.readline()
        return line.split(b" ", 1)[0], line[:-2] if line else b"* BYE"

    def command(self, data):
        """The untagged responses, and the tagged one, without tags."""
        self.tags += 1
        tag = b"t%d" % self.tags
        self.socket.sendall(tag + b" " + data + b"\r\n")
        untagged = []
        while True:
            first, line = self.read()
            if first == tag:
                return untagged, line[len(tag) + 1:]
            if first != b"*":
                raise AssertionError(f"{data!r} was answered {line!r}")
            untagged.append(line[2:])

    def ok(self, data):
        untagged, tagged = self.command(data)
        if not tagged.startswith(b"OK"):
            raise AssertionError(f"{data[:200]!r} was answered {tagged!r}")
        return untagged

    def login(self, user):
        self.ok(b'LOGIN %s "%s"' % (user.encode(), ACCOUNTS[user].encode()))
        self.capabilities = b" ".join(self.ok(b"CAPABILITY")).upper()

    def close(self):
        self.file.close()
        self.socket.close()


def with_crlf(data):
    return re.sub(rb"\r?\n", b"\r\n", data)


# ---- ImapTest

class Script:
    """A file of imaptest/src/tests, as https://imapwiki.org/ImapTest/ScriptedTest tells."""

    def __init__(self, path):
        head, _, body = path.read_bytes().partition(b"\n\n")
        self.headers = dict(re.match(rb"(\S+): *(.*)", line).groups() for line in head.splitlines()
                            if not line.startswith(b"#"))
        if not self.headers:
            body = path.read_bytes()
        elif not all(re.match(rb"(#|\S+: )", line) for line in head.splitlines()):
            self.headers, body = {}, path.read_bytes()
        self.body, self.path, self.steps = body, path, []

    def read(self):
        body, path = self.body, self.path  # steps: (connection, status, command, [(is_wanted, reply)])
        literals = []
        body = re.sub(rb"\{\{\{\n(.*?)\n\}\}\}",
                      lambda m: literals.append(with_crlf(m.group(1))) or b"{{%d}}" % (len(literals) - 1), body,
                      flags=re.S)

        def back(text):
            return re.sub(rb"\{\{(\d+)\}\}", lambda m: b"{%d}\r\n%s" % (len(literals[int(m.group(1))]),
                                                                      literals[int(m.group(1))]), text)

        for line in body.splitlines():
            if not line.strip() or line.startswith(b"#"):
                continue
            if line[:2] in (b"* ", b"! "):
                self.steps[-1][3].append((line[:1] == b"*", back(line[2:])))
                continue
            match = re.match(rb'(?:(\d+) )?(ok|no|bad|"") (.*)', line)
            self.steps.append((int(match.group(1) or 1), match.group(2), back(match.group(3)), []))
        box = path.with_name(path.name + ".mbox")
        if not box.exists():
            box = path.with_name("default.mbox")
        self.messages = [with_crlf(m.partition(b"\n")[2]) for m in re.split(rb"^From ", box.read_bytes(), flags=re.M)[1:]]


class Run:
    def __init__(self, server, name, script):
        self.script = script
        self.variables = {b"mailbox": b"t-" + name.encode(), b"user": ANN.encode(), b"inboxsep": b"."}
        self.appended = 0
        self.connections = [Connection(server) for _ in range(int(script.headers.get(b"connections", b"1")))]

    def substitute(self, text):
        def one(match):
            name = match.group(1) or match.group(2)
            return b"$" if name is None else self.variables.get(name, match.group(0))
        return re.sub(rb"\$(?:\$|\{(\w+)\}|(\w+))", one, text)

    def append(self, connection, arguments):
        message = self.script.messages[self.appended % len(self.script.messages)]
        self.appended += 1
        return connection.command(b"APPEND %s {%d+}\r\n%s" % (arguments or self.variables[b"mailbox"], len(message),
                                                              message))

    def prepare(self):
        state = self.script.headers.get(b"state", b"selected")
        if state == b"nonauth":
            return
        for connection in self.connections:
            connection.login(ANN)
        if state == b"auth":
            return
        mailbox = self.variables[b"mailbox"]
        self.connections[0].ok(b"CREATE " + mailbox)
        if state == b"created":
            return
        count = self.script.headers.get(b"messages", b"all")
        for _ in range(len(self.script.messages) if count == b"all" else int(count)):
            self.append(self.connections[0], b"")
        if state == b"appended":
            return
        for connection in self.connections:
            connection.ok(b"SELECT " + mailbox)
            connection.originals = list(range(1, self.appended + 1))

    def play(self):
        """What differs from the script, in words."""
        missing = [c for c in self.script.headers.get(b"capabilities", b"").upper().split()
                   if c not in self.connections[0].capabilities.split()]
        if missing:
            raise unittest.SkipTest(f"no {b' '.join(missing).decode()}")
        self.script.read()
        self.prepare()
        faults = []
        for number, status, command, expected in self.script.steps:
            connection = self.connections[number - 1]
            if command.split()[0] == b"append" and b"{" not in command:
                untagged, tagged = self.append(connection, self.substitute(command[7:]))
            else:
                untagged, tagged = connection.command(self.substitute(command))
            if status != b'""' and not tagged.lower().startswith(status):
                faults.append(f"{command!r}: {tagged!r}")
            faults += self.compare(connection, command, untagged + [tagged], expected)
        return faults

    def compare(self, connection, command, replies, expected):
        parsed = []
        connection.originals = list(range(1, 1000))
        for reply in replies:
            values, original = Reader(reply).values(), None
            if len(values) > 1 and isinstance(values[0], bytes) and values[0].isdigit():
                at = int(values[0]) - 1
                original = connection.originals[at] if at < len(connection.originals) else None
                if values[1].upper() == b"EXPUNGE" and original is not None:
                    del connection.originals[at]
            parsed.append((values, original))
        faults = []
        for is_wanted, text in expected:
            found = next((p for p in parsed if self.fits(text, *p)), None)
            if is_wanted and found is None:
                faults.append(f"{command!r}: no {text!r} in {replies!r}")
            elif not is_wanted and found is not None:
                faults.append(f"{command!r}: {text!r} must not come")
        return faults

    def fits(self, text, values, original):
        before = dict(self.variables)
        wanted = Reader(text).values()
        if wanted and re.fullmatch(rb"\$\d+", wanted[0] if isinstance(wanted[0], bytes) else b""):
            if original != int(wanted[0][1:]):
                return False
            wanted[0] = values[0]
        is_text = isinstance(wanted[0], bytes) and wanted[0].lower() in (b"ok", b"no", b"bad", b"bye")
        if is_text:
            values = values[:len(wanted)]
        elif len(wanted) > 2 and wanted[1] == b"fetch" and isinstance(values[-1], list):
            if self.same(wanted[0], values[0]) and values[1].lower() == b"fetch" and \
                    self.fetched(wanted[2], values[2]):
                return True
            self.variables = before
            return False
        elif wanted[0] in (b"list", b"lsub") and len(values) == 4 and isinstance(values[1], list):
            # Attributes beyond those that are wanted may be there.
            have = [v.lower() for v in values[1]]
            if all(w in have for w in wanted[1]) and values[0].lower() == wanted[0] and \
                    self.same_all(wanted[2:], values[2:]):
                return True
            self.variables = before
            return False
        if self.same_all(wanted, values):
            return True
        self.variables = before
        return False

    def fetched(self, wanted, have):
        items = {have[i].lower(): have[i + 1] for i in range(0, len(have) - 1, 2)}
        for i in range(0, len(wanted) - 1, 2):
            if wanted[i].lower() not in items:
                return False
            value = items[wanted[i].lower()]
            if wanted[i].lower() == b"flags":
                flags = {v.lower() for v in value} - {b"\\recent"}
                if flags != {self.substitute(w).lower() for w in wanted[i + 1]} - {b"\\recent"}:
                    return False
            elif not self.same(wanted[i + 1], value):
                return False
        return True

    def same_all(self, wanted, have):
        if b"$!unordered" in wanted:
            rest = list(have)
            for w in wanted:
                if w == b"$!unordered":
                    continue
                match = next((h for h in rest if self.same(w, h)), None)
                if match is None:
                    return False
                rest.remove(match)
            return True
        wanted = [w for w in wanted if not (isinstance(w, bytes) and w.startswith(b"$!"))]
        return len(wanted) == len(have) and all(self.same(w, h) for w, h in zip(wanted, have))

    def same(self, wanted, have):
        if isinstance(wanted, (list, tuple)):
            return type(wanted) is type(have) and self.same_all(wanted, have)
        if not isinstance(have, bytes):
            return False
        variable = re.fullmatch(rb"\$(?:\{(\w+)\}|(\w+))", wanted)
        name = variable and (variable.group(1) or variable.group(2))
        if name and name not in self.variables:
            self.variables[name] = have
            return True
        return self.substitute(wanted).lower() == have.lower()

    def close(self):
        for connection in self.connections:
            connection.close()


class ImapTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = suite("imaptest") / "src/tests"
        cls.exceptions = exceptions("imaptest")
        cls.server = Server(settings="POSTFIX_MESSAGE_SIZE_LIMIT=50000000\n")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def test_scripts(self):
        played, used = 0, set()
        for path in sorted(self.folder.iterdir()):
            if path.suffix:
                continue
            with self.subTest(path.name):
                run = Run(self.server, path.name, Script(path))
                try:
                    faults = run.play()
                except unittest.SkipTest:
                    continue
                finally:
                    run.close()
                played += 1
                if path.name in self.exceptions and faults:
                    used.add(path.name)
                    continue
                self.assertEqual(faults, [])
        self.assertGreaterEqual(played, 17)
        self.assertEqual(set(self.exceptions) - used, set(), "listed, but as ImapTest wants it")


class Oracle(unittest.TestCase):
    """344 mails, and what Dovecot finds in them."""

    def test_search(self):
        folder = suite("imap-dovecot-oracle")
        share = json.loads((folder / "share.json").read_text())
        listed, used = exceptions("dovecot-oracle-search"), set()
        server = Server(settings="POSTFIX_MESSAGE_SIZE_LIMIT=50000000\n")
        self.addCleanup(server.close)
        imap = Connection(server)
        self.addCleanup(imap.close)
        imap.login(ANN)
        imap.ok(b"CREATE oracle")
        theirs_of = []  # answers are recorded for more mails than are kept
        for message in share["messages"]:
            path = folder.parent / message["file"]
            if not path.exists():
                continue
            theirs_of.append(message["seq"])
            data = path.read_bytes()
            if data.startswith(b"From "):
                data = data.partition(b"\n")[2]
            data = re.sub(rb"(?<!\r)\n", b"\r\n", data)
            self.assertEqual(len(data), message["octets"], message["file"])
            imap.ok(b'APPEND oracle "%s" {%d+}\r\n%s' % (message["internaldate"].encode(), len(data), data))
        imap.ok(b"SELECT oracle")
        compared = 0
        for query, answer in share["queries"].items():
            if not query.startswith("SEARCH ") or query.startswith("SEARCH RETURN"):
                continue
            if re.search(r" (UID )?\d+:\d+", query):
                continue  # numbers of all mails
            ours = {theirs_of[int(n) - 1] for n in imap.ok(query.encode())[0].split()[1:]}
            theirs = {int(n) for n in answer[0].split()[2:]} & set(theirs_of)
            compared += 1
            with self.subTest(query):
                for number in sorted(ours ^ theirs):
                    key = f"{number} {query}"
                    if any(k == key or (k.startswith("* ") and k[2:] == query) for k in listed):
                        used.add(next(k for k in listed if k == key or k == f"* {query}"))
                        continue
                    self.fail(f"{number} is found by {'us' if number in ours else 'Dovecot'} only: "
                              f"{share['messages'][number - 1]['file']} (and "
                              f"{len(ours ^ theirs)} differ: {sorted(ours - theirs)} {sorted(theirs - ours)})")
        self.assertGreater(compared, 30)
        self.assertEqual(set(listed) - used, set(), "listed, but no difference")


if __name__ == "__main__":
    unittest.main()
