#!/usr/bin/env python3
"""The first corpora of the session targets: what the clients of the transcripts say, each with all questions accepted.

    corpus_from_transcripts.py smtp fuzz/corpus/session_smtp

Of a client's engine it is what the servers say.
"""

import pathlib
import re
import sys

ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "0": "\0", "\\": "\\"}


def unescape(text):
    def one(match):
        word = match.group(1)
        return chr(int(word[1:], 16)) if word.startswith("x") else ESCAPES.get(word, word)

    return re.sub(r"\\(x[0-9A-Fa-f]{2}|.)", one, text)


FED = "S" if sys.argv[1].endswith("_client") else "C"


def client_bytes(transcript):
    for line in transcript.splitlines():
        if line.startswith(FED + "| "):
            yield unescape(line[3:])
        elif line.startswith(FED + " "):
            yield line[2:] + "\r\n"
        elif line == "TLS":
            yield "\xfe"


protocol, corpus = sys.argv[1], pathlib.Path(sys.argv[2])
corpus.mkdir(parents=True, exist_ok=True)
folder = pathlib.Path(__file__).resolve().parents[1] / "tests/transcripts" / protocol
for path in sorted(folder.glob("*.txt")):
    said = "".join(client_bytes(path.read_text()))
    if said and len(said) < 4096:
        (corpus / path.stem).write_bytes(b"\0" + said.encode("latin-1", "replace"))
