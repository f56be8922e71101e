#!/usr/bin/env python3
"""scale.py MAILD [MESSAGES [FOLDERS [ACCOUNTS]]]: how large it may get, in memory and time.

Makes a folder of a million messages (links to a few files: what counts are names), an account of 10,000 folders and a
config of 100,000 accounts, of which a thousand get mail and log in. Prints what maild takes for them.
"""
import os
import pathlib
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))
if len(sys.argv) > 1:
    os.environ["MAILD"] = sys.argv[1]
os.environ.setdefault("MAIL_LIVE_PATIENCE", "600")
import harness  # pylint: disable=wrong-import-position

MESSAGES, FOLDERS, ACCOUNTS = [int(n) for n in sys.argv[2:5]] + [1_000_000, 10_000, 100_000][len(sys.argv[2:5]):]
ACTIVE = min(1000, ACCOUNTS)
LINKS = 60_000  # of one file; ext4 allows 65,000
OWNER = 5000 if os.getuid() == 0 else os.getuid()
BIG, MANY = "big@example.test", "many@example.test"


def pss(server):
    """MB."""
    text = pathlib.Path(f"/proc/{server.process.pid}/smaps_rollup").read_text(encoding="ascii")
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) / 1024


def give(*paths):
    for path in paths:
        os.chown(path, OWNER, OWNER)


def make_big_folder(home):
    for name in ("cur", "new", "tmp"):
        (home / name).mkdir(parents=True)
        give(home / name)
    give(home)
    text = b"From: x@example.test\nSubject: one of many\n\ntext\n"
    lines = len(re.findall(b"\n", text))
    source = None
    for number in range(MESSAGES):
        path = f"{home}/cur/{1_600_000_000 + number}.M1P1.host,S={len(text)},W={len(text) + lines}:2,S"
        if number % LINKS == 0:
            source = path
            pathlib.Path(path).write_bytes(text)
            give(path)
        else:
            os.link(source, path)


def make_many_folders(home):
    for number in range(FOLDERS):
        folder = home / f".Level{number // 100}.Folder{number}"
        for name in ("cur", "new", "tmp"):
            (folder / name).mkdir(parents=True)
        give(folder, *(folder / name for name in ("cur", "new", "tmp")))
    give(home)


def timed(what, call, *arguments):
    begin = time.monotonic()
    value = call(*arguments)
    print(f"{what:60} {1000 * (time.monotonic() - begin):10.1f} ms", flush=True)
    return value


def memory(what, server):
    print(f"{what:60} {pss(server):10.1f} MB", flush=True)


def main():
    accounts = {f"user{number}@example.test": "secret" for number in range(ACCOUNTS)}
    accounts.update({BIG: "secret", MANY: "secret"})
    server = harness.Server({"first@example.test": "secret"})
    try:
        server.stop()
        lines = (f"{address}|{{PLAIN}}{password}\n" for address, password in accounts.items())
        (server.config / "postfix-accounts.cf").write_text("".join(lines), encoding="ascii")
        domain = server.mail / "example.test"
        domain.mkdir(exist_ok=True)
        give(server.mail, domain)
        timed(f"{MESSAGES} files made", make_big_folder, domain / "big")
        timed(f"{FOLDERS} folders made", make_many_folders, domain / "many")
        timed(f"start with {len(accounts)} accounts", server.start)
        memory("at rest", server)

        def visit(address):
            client = server.imap(address, "secret")
            client.select("INBOX")
            client.fetch("1:*", "(FLAGS)")
            client.logout()

        for address in list(accounts)[:ACTIVE]:
            server.deliver(address)
            visit(address)
        memory(f"after mail and a session for each of {ACTIVE} accounts", server)

        client = server.imap(MANY, "secret")
        for _ in range(2):
            answer = timed(f"LIST of {FOLDERS} folders", client.list)
            assert len(answer[1]) >= FOLDERS, len(answer[1])
        memory("after it", server)
        client.logout()

        for what in ("never seen", "with its index", "once more"):
            client = server.imap(BIG, "secret")
            answer = timed(f"SELECT of {MESSAGES} messages, {what}", client.select, "INBOX")
            assert int(answer[1][0]) == MESSAGES, answer
            memory("while it is open", server)
            timed("UID FETCH of the last one's flags", client.uid, "FETCH", str(MESSAGES), "(FLAGS)")
            timed("NOOP", client.noop)
            client.logout()
        timed("a delivery to it", server.deliver, BIG)
        memory("afterwards", server)
    finally:
        server.close()


if __name__ == "__main__":
    main()
