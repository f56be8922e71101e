#!/usr/bin/env python3
"""idle.py MAILD [CONNECTIONS] [DELIVERIES]: memory of an idle connection (PSS of maild, so without the kernel's part),
plain and with TLS, and how long after its delivery a message is told to a client in IDLE. Fails above the targets."""
import contextlib
import json
import os
import pathlib
import resource
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

PLAIN_KB, TLS_KB, NOTIFY_MS = 6, 12, 2
SETTINGS = """OVERRIDE_HOSTNAME=mail.bench.test
SSL_TYPE=self-signed
MAIL_MAX_USERIP_CONNECTIONS=0
LOG_LEVEL=warn
LISTEN_SMTP=127.0.0.1:0
LISTEN_SUBMISSION=
LISTEN_SUBMISSIONS=
LISTEN_IMAP=127.0.0.1:0
LISTEN_IMAPS=127.0.0.1:0
"""
# Without a certificate: a password is taken without TLS then.
CLEARTEXT = SETTINGS.replace("SSL_TYPE=self-signed", "SSL_TYPE=").replace("LISTEN_IMAPS=127.0.0.1:0", "LISTEN_IMAPS=")


class Client:
    def __init__(self, port, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.rest = b""

    def line(self):
        while b"\n" not in self.rest:
            got = self.socket.recv(65536)
            if not got:
                raise SystemExit(f"closed after {self.rest!r}")
            self.rest += got
        line, self.rest = self.rest.split(b"\n", 1)
        return line + b"\n"

    def until(self, start):
        while not (line := self.line()).startswith(start):
            pass
        return line

    def say(self, text, answer):
        self.socket.sendall(text.encode() + b"\r\n")
        return self.until(answer.encode())


def pss(process):
    with open(f"/proc/{process.pid}/smaps_rollup", encoding="ascii") as file:
        return int(next(line for line in file if line.startswith("Pss:")).split()[1])


def in_idle(client):
    client.say("a LOGIN ann@example.test secret", "a OK")
    client.say("b SELECT INBOX", "b OK")
    client.say("c IDLE", "+")


def idle_memory(process, port, tls, count, settle=lambda client: None):
    """KB a connection that is greeted and has done `settle`: the first ones only warm the server up."""
    keep = []

    def connect(number):
        for _ in range(number):
            client = Client(port, tls)
            client.line()
            settle(client)
            keep.append(client)
    connect(100)
    before = pss(process)
    connect(count)
    time.sleep(0.5)
    cost = (pss(process) - before) / count
    for client in keep:
        client.socket.close()
    return cost


def notify_times(imap_port, smtp_port, count):
    """Milliseconds from the 250 of a delivery to the EXISTS of an idling client."""
    idler = Client(imap_port)
    idler.line()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
    idler.say("a STARTTLS", "a OK")
    idler.socket = tls.wrap_socket(idler.socket)
    idler.say("b LOGIN ann@example.test secret", "b OK")
    idler.say("c SELECT INBOX", "c OK")
    idler.say("d IDLE", "+")
    seen = []

    def listen():
        while len(seen) < count:
            if b"EXISTS" in idler.line():
                seen.append(time.perf_counter())
    listener = threading.Thread(target=listen)
    listener.start()
    sender = Client(smtp_port)
    sender.line()
    sender.say("EHLO bench.test", "250 ")
    times = []
    for number in range(count):
        sender.say("MAIL FROM:<x@bench.test>", "250")
        sender.say("RCPT TO:<ann@example.test>", "250")
        sender.say("DATA", "354")
        sender.say("Subject: x\r\n\r\nx\r\n.", "250")
        done = time.perf_counter()
        while len(seen) <= number:
            time.sleep(0.0001)
        times.append(max(0.0, seen[number] - done) * 1000)
    listener.join()
    return times


@contextlib.contextmanager
def running(maild, settings=SETTINGS):
    """A fresh maild: memory that an earlier measurement freed would hide the cost of the next."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        folder = pathlib.Path(name)
        for part in ("config", "mail", "state"):
            (folder / part).mkdir()
        (folder / "config/mailserver.env").write_text(settings)
        (folder / "config/postfix-accounts.cf").write_text("ann@example.test|{PLAIN}secret\n")
        process = subprocess.Popen([maild, "--config", folder / "config", "--mail", folder / "mail",
                                    "--state", folder / "state"])
        try:
            listeners = folder / "state/run/listeners.json"
            while not listeners.exists():
                if process.poll() is not None:
                    raise SystemExit(f"maild ended with {process.returncode}")
                time.sleep(0.01)
            ports = {n: int(a[0].rsplit(":", 1)[1]) for n, a in json.loads(listeners.read_text()).items()}
            authority = folder / "config/ssl/demoCA/cacert.pem"
            yield process, ports, ssl.create_default_context(cafile=authority) if authority.exists() else None
        finally:
            process.terminate()
            process.wait()


def main():
    maild = sys.argv[1]
    connections = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    deliveries = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    with running(maild) as (process, ports, _):
        greeted = idle_memory(process, ports["imap"], None, connections)
    with running(maild, CLEARTEXT) as (process, ports, _):
        plain = idle_memory(process, ports["imap"], None, connections, in_idle)
    with running(maild) as (process, ports, tls):
        secure = idle_memory(process, ports["imaps"], tls, connections, in_idle)
    with running(maild) as (process, ports, _):
        times = sorted(notify_times(ports["imap"], ports["smtp"], deliveries))
    p50 = statistics.median(times)
    print(f"connection, PSS: greeted {greeted:.2f} KB, in IDLE plain {plain:.2f} KB, TLS {secure:.2f} KB\n"
          f"IDLE told after: p50 {p50:.2f} ms, p99 {times[int(len(times) * 0.99) - 1]:.2f} ms")
    if plain > PLAIN_KB or secure > TLS_KB or p50 > NOTIFY_MS:
        raise SystemExit(f"over the targets: {PLAIN_KB} KB, {TLS_KB} KB, {NOTIFY_MS} ms")


if __name__ == "__main__":
    main()
