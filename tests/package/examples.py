#!/usr/bin/env python3
"""The examples, built and run as a stranger would: against the installed package, by find_package(libmail).

    examples.py BUILD_FOLDER [PYTHON]     PYTHON: the interpreter of the extension, when there is one

Installs BUILD_FOLDER into a prefix of its own, builds examples/ as a project, talks with each program by the clients
of the standard library, and looks at what it links.
"""

import contextlib
import imaplib
import os
import pathlib
import shutil
import smtplib
import subprocess
import sys

from consumers import BORINGSSL, HERE, Failure, ensure, run

EXAMPLES = HERE.parents[1] / "examples"
LETTER = b"From: eve@example.net\r\nSubject: hello\r\n\r\n.one dot\r\nworld\r\n"


@contextlib.contextmanager
def serving(program, *arguments):
    """The port of the running program, and what it prints from then on."""
    process = subprocess.Popen([program, *arguments], stdout=subprocess.PIPE, text=True)
    try:
        first = process.stdout.readline()
        ensure(first.strip().isdigit(), f"{program.name} printed {first!r}, not its port")
        yield ("127.0.0.1", int(first)), process.stdout
        ensure(process.poll() is None, f"{program.name} ended with {process.returncode}")
    finally:
        process.kill()
        process.wait()


def check_lmtp_sink(program):
    with serving(program) as (address, said):
        with smtplib.LMTP(*address) as lmtp, smtplib.LMTP(*address) as other:
            # One recipient: Python's LMTP reads one reply to a message, however many have to come.
            refused = lmtp.sendmail("eve@example.net", ["ann@example.com"], LETTER)
            ensure(refused == {}, f"lmtp_sink refused {refused}")
            ensure(said.readline() == f"{len(LETTER)} octets\n", "lmtp_sink counts the octets of a message")
            ensure(other.noop()[0] == 250, "lmtp_sink serves several at a time")


def check_asio_smtp(program):
    with serving(program) as (address, said):
        with smtplib.SMTP(*address) as smtp, smtplib.SMTP(*address) as other:
            ensure(smtp.sendmail("eve@example.net", ["app@example.com"], LETTER) == {}, "asio_smtp refused its own address")
            ensure(said.readline() == f"a message of {len(LETTER)} octets\n", "asio_smtp gets the whole message")
            other.ehlo()
            other.mail("eve@example.net")
            code, words = other.rcpt("bob@example.com")
            ensure((code, b"nobody here" in words) == (550, True), f"asio_smtp answered {code} {words} for a stranger")


def check_imap_folder(program, folder):
    mails = folder / "mails"
    mails.mkdir()
    (mails / "1.eml").write_bytes(LETTER)
    (mails / "2.eml").write_bytes(LETTER.replace(b"\r\n", b"\n").replace(b"hello", b"again"))
    with serving(program, mails) as (address, _), imaplib.IMAP4(*address) as imap:
        imap.login("anybody", "x")
        ensure(imap.list()[1] == [b'() "." INBOX'], f"imap_folder lists {imap.list()[1]}")
        ensure(imap.select(readonly=True) == ("OK", [b"2"]), "imap_folder has two messages")
        _, [(_, body), _] = imap.fetch("2", "(UID RFC822.SIZE ENVELOPE BODY[])")
        ensure(body == LETTER.replace(b"hello", b"again"), f"imap_folder sent {body}")
        _, data = imap.uid("FETCH", "1:*", "(BODY[HEADER.FIELDS (Subject)]<0.12> BODYSTRUCTURE)")
        ensure([item[1] for item in data if isinstance(item, tuple)] == [b"Subject: hel", b"Subject: aga"],
               f"imap_folder sent {data}")
        ensure(imap.search(None, "ALL")[0] == "NO", "imap_folder says what it cannot do")


def check_embed(program):
    ensure("1 message in the INBOX" in run(program), "embed delivers a message to itself")


def check_links(program):
    ldd = run("ldd", program)
    ensure(not BORINGSSL.search(ldd), f"{program.name} links BoringSSL:\n{ldd}")
    if program.name != "asio_smtp":
        ensure(" asio::" not in run("nm", "-C", program), f"{program.name} contains Asio")


def check_python(python, prefix):
    [extension] = prefix.rglob("_libmail*.so")
    path = str(extension.parents[1])
    said = run(python, "-B", EXAMPLES / "embed.py", env={**os.environ, "PYTHONPATH": path})
    ensure("octets for ann@example.com" in said, f"embed.py said {said}")


def main(build, python=None):
    folder = build / "package-examples"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    prefix = folder / "prefix"
    if shutil.which("ccache"):
        os.environ.setdefault("CMAKE_CXX_COMPILER_LAUNCHER", "ccache")
    run("cmake", "--install", build, "--prefix", prefix, "--component", "development")
    programs = folder / "build"
    run("cmake", "-S", EXAMPLES, "-B", programs, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", programs)

    checks = {"embed": check_embed, "lmtp_sink": check_lmtp_sink, "asio_smtp": check_asio_smtp,
              "imap_folder": lambda program: check_imap_folder(program, folder)}
    sources = {path.stem for path in EXAMPLES.glob("*.cc")}
    ensure(sources == checks.keys(), f"examples and checks differ: {sources ^ checks.keys()}")
    for name, check in checks.items():
        check(programs / name)
        if name != "embed":
            check_links(programs / name)
    if python:
        run("cmake", "--install", build, "--prefix", prefix, "--component", "python")
        check_python(python, prefix)
    print(f"{len(checks) + bool(python)} examples do what they say")
    shutil.rmtree(folder)


if __name__ == "__main__":
    try:
        main(pathlib.Path(sys.argv[1]).resolve(), *sys.argv[2:])
    except Failure as failure:
        sys.exit(str(failure))
