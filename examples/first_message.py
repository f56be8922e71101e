#!/usr/bin/env python3
"""One message through the whole house: in by SMTP, through an alias, onto the disk, out by IMAP over TLS.

    first_message.py BIN            BIN holds maild and mailctl; serves on until Ctrl-C
    first_message.py BIN --check    stops when the message was read

Everything lives in build/demo (build/demo-check with --check): config, mail, state and the server's log.
"""

import email.message
import email.policy
import email.utils
import imaplib
import json
import os
import pathlib
import shutil
import signal
import smtplib
import ssl
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
HOSTNAME = "mail.demo.test"
ACCOUNT, ALIAS, PASSWORD = "ann@demo.test", "hello@demo.test", "let-me-in"
PATIENCE = 10  # seconds for each step that should take milliseconds
PORTS = {"smtp": 2525, "submission": 2587, "submissions": 2465, "imap": 2143, "imaps": 2993}


class Failure(Exception):
    pass


# ---- the two clients of Python's library, made to show what they say


def show(who, data):
    for line in data.decode("utf-8", "replace").rstrip("\r\n").split("\n"):
        print(f"  {who} {line.rstrip()}")


class ShownSmtp(smtplib.SMTP):
    def send(self, s):
        show("C", s if isinstance(s, bytes) else s.encode())
        super().send(s)

    def getreply(self):
        code, text = super().getreply()
        lines = text.split(b"\n")
        for i, line in enumerate(lines):
            show("S", b"%d%s%s" % (code, b" " if i == len(lines) - 1 else b"-", line))
        return code, text


class ShownImap(imaplib.IMAP4_SSL):
    def send(self, data):
        show("C", data)
        super().send(data)

    def read(self, size):
        data = super().read(size)
        show("S", data)
        return data

    def readline(self):
        line = super().readline()
        show("S", line)
        return line


def send_message(address, identity):
    message = email.message.EmailMessage()
    message["From"] = "Eve <eve@elsewhere.test>"
    message["To"] = ALIAS
    message["Subject"] = "First light"
    message["Date"] = email.utils.formatdate(localtime=True)
    message["Message-ID"] = identity
    message.set_content("Hello Ann,\n\nthis came in by SMTP and lies in your Maildir now.\n")
    with ShownSmtp(*address, local_hostname="elsewhere.test", timeout=PATIENCE) as smtp:
        smtp.ehlo()
        smtp.sendmail("eve@elsewhere.test", [ALIAS], message.as_bytes(policy=email.policy.SMTP))


def read_message(address, identity, authority):
    # maild made a certificate for HOSTNAME, signed by an authority of its own; we reach it by a number.
    trust = ssl.create_default_context(cafile=authority)
    trust.check_hostname = False
    imap = ShownImap(*address, ssl_context=trust, timeout=PATIENCE)
    print(f"  ({imap.sock.version()}, {imap.sock.cipher()[0]})")
    imap.login(ACCOUNT, PASSWORD)
    imap.select("INBOX")
    found = imap.search(None, "HEADER", "Message-ID", identity)[1][0].split()
    if not found:
        raise Failure(f"The message {identity} is not in the INBOX.")
    parts = imap.fetch(found[-1].decode(), "(FLAGS BODY.PEEK[])")[1]
    imap.logout()
    if b"this came in by SMTP" not in parts[0][1]:
        raise Failure("The message came back changed.")


# ---- the server


def set_up(folder, programs, any_port):
    """Config, mail and state folders with one account and one alias; what is there already stays."""
    for name in ("config", "mail", "state"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    listen = "".join(
        f"LISTEN_{name.upper()}=127.0.0.1:{0 if any_port else port}\n" for name, port in PORTS.items())
    (folder / "config/mailserver.env").write_text(f"OVERRIDE_HOSTNAME={HOSTNAME}\nSSL_TYPE=self-signed\n{listen}")
    if (folder / "config/postfix-accounts.cf").exists():
        return
    for command in (["email", "add", ACCOUNT, PASSWORD], ["alias", "add", ALIAS, ACCOUNT]):
        print(f"$ mailctl {' '.join(command)}")
        done = subprocess.run([programs / "mailctl", *folders(folder), *command], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            raise Failure(f"mailctl said:\n{done.stdout}")


def folders(folder):
    return ["--config", folder / "config", "--mail", folder / "mail", "--state", folder / "state"]


def start(folder, programs):
    """The running server and its listeners, {"smtp": ("127.0.0.1", 2525), …}."""
    ready = folder / "state/run/listeners.json"
    ready.unlink(missing_ok=True)
    with open(folder / "maild.log", "wb") as log:
        server = subprocess.Popen([programs / "maild", *folders(folder)], stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=subprocess.STDOUT)
    end = time.monotonic() + PATIENCE
    while not ready.exists():
        if server.poll() is not None:
            raise Failure(f"maild ended with {server.returncode} at its start.")
        if time.monotonic() > end:
            stop(server)
            raise Failure(f"maild did not write {ready} within {PATIENCE} seconds.")
        time.sleep(0.005)
    listeners = {}
    for name, addresses in json.loads(ready.read_text()).items():
        if addresses:
            host, _, port = addresses[0].rpartition(":")
            listeners[name] = (host.strip("[]"), int(port))
    return server, listeners


def stop(server):
    server.send_signal(signal.SIGTERM)
    try:
        code = server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        raise Failure(f"maild did not stop within {PATIENCE} seconds of SIGTERM.") from None
    if code not in (0, -signal.SIGTERM):
        raise Failure(f"maild ended with {code} at its stop.")


def find_file(folder, identity):
    for path in sorted((folder / "mail").rglob("*")):
        if path.parent.name in ("new", "cur") and path.is_file() and identity.encode() in path.read_bytes():
            return path
    raise Failure(f"No file below {folder / 'mail'} holds the message {identity}.")


INVITATION = """
Now point a mail client at it (it will ask about the self-signed certificate once):

  account     {account}      password  {password}
  IMAP        {imaps[0]}, port {imaps[1]}, SSL/TLS
  SMTP        {submission[0]}, port {submission[1]}, STARTTLS

  curl -k --url imaps://{imaps[0]}:{imaps[1]}/INBOX --user {account}:{password} -X 'FETCH 1:* (FLAGS ENVELOPE)'
  {mailctl} --config {config} --mail {mail} --state {state} alias resolve {alias}

Mail to {account} and {alias} is taken at {smtp[0]}:{smtp[1]}; there is no way out into the world yet.
The server's log is {log}. Ctrl-C stops it."""


def demonstrate(folder, programs, server, listeners):
    identity = email.utils.make_msgid(domain="elsewhere.test")
    print(f"\nA message to {ALIAS}, by SMTP to {listeners['smtp'][0]}:{listeners['smtp'][1]}\n")
    send_message(listeners["smtp"], identity)
    print(f"\nOn disk: {find_file(folder, identity).relative_to(ROOT)}")
    print(f"\nThe same message, by IMAP over TLS from {listeners['imaps'][0]}:{listeners['imaps'][1]}\n")
    read_message(listeners["imaps"], identity, folder / "config/ssl/demoCA/cacert.pem")
    print(f"\nOn disk: {find_file(folder, identity).relative_to(ROOT)}")


def main(programs, check):
    folder = ROOT / "build" / ("demo-check" if check else "demo")
    if check:
        shutil.rmtree(folder, ignore_errors=True)
    log = folder / "maild.log"
    try:
        set_up(folder, programs, any_port=check)
        print(f"$ maild {' '.join(str(word) for word in folders(folder.relative_to(ROOT)))}")
        server, listeners = start(folder, programs)
        try:
            demonstrate(folder, programs, server, listeners)
            if not check:
                print(INVITATION.format(account=ACCOUNT, password=PASSWORD, alias=ALIAS, log=log, **listeners,
                                        mailctl=(programs / "mailctl"), config=folder / "config",
                                        mail=folder / "mail", state=folder / "state"), flush=True)
                if server.wait() != 0:
                    raise Failure(f"maild ended with {server.returncode}.")
        except KeyboardInterrupt:
            print("\nStopping.")
        finally:
            if server.poll() is None:
                stop(server)
    except (Failure, OSError, smtplib.SMTPException, imaplib.IMAP4.error) as failure:
        print(f"\n{failure}", file=sys.stderr)
        if log.exists():
            print(f"\nThe end of {log}:\n{''.join(log.read_text(errors='replace').splitlines(True)[-30:])}", file=sys.stderr)
        return 1
    if check:
        print("\nIt works: in by SMTP, through the alias, onto the disk, out by IMAP.")
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # whoever ends us ends maild too
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), "--check" in sys.argv[2:]))
