#!/usr/bin/env python3
"""mailbox.py MAILCTL SOURCE [COUNT]: how fast a large mailbox is learned. A Maildir folder of COUNT (100,000) messages is
made from the files of SOURCE (a folder of messages, looked through with all below it), each with words and a
Message-ID of its own, half of them in a second folder; both are learned by `mailctl spam learn`, one as ham, one as
spam. Prints messages a second, the size of the table and the peak memory."""
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONSONANTS, VOWELS = "bdfgklmnprst", "aeiou"


def word(number):
    letters = []
    while True:
        letters += [CONSONANTS[number % 12], VOWELS[number // 12 % 5]]
        number //= 60
        if not number:
            return "".join(letters)


def make(sources, folder, count, first):
    (folder / "cur").mkdir(parents=True)
    for i in range(count):
        head, gap, body = sources[i % len(sources)]
        number = first + i
        own = " ".join(word(number * 7919 % 1_000_003 + k * 31) for k in range(5))
        mail = head + f"\nX-Number: {number}".encode() + gap + own.encode() + b"\n" + body
        (folder / "cur" / f"{number}.M1P1.host:2,S").write_bytes(mail)


def main():
    mailctl, source = os.path.abspath(sys.argv[1]), Path(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
    sources = []
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        head, gap, body = path.read_bytes().partition(b"\n\n")
        if gap:
            sources.append((head, gap, body))
    with tempfile.TemporaryDirectory() as where:
        folder = Path(where)
        make(sources, folder / "ham", count // 2, 0)
        make(sources[::-1], folder / "spam", count - count // 2, count // 2)
        octets = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
        begin = time.monotonic()
        for label in "ham", "spam":
            subprocess.run([mailctl, "--state", folder / "state", "--mail", folder, "spam", "learn",
                            "--" + label, folder / label], check=True)
        seconds = time.monotonic() - begin
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        table = folder / "state/bayes/global"
        print(f"{count} messages of {octets // count} octets in {seconds:.1f} s: {count / seconds:.0f} a second, "
              f"{(used.ru_utime + used.ru_stime) / count * 1000:.3f} ms CPU each; table {table.stat().st_size >> 20} MB, "
              f"peak {used.ru_maxrss >> 10} MB")


if __name__ == "__main__":
    main()
