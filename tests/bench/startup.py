#!/usr/bin/env python3
"""startup.py MAILD [RUNS]: milliseconds from exec to the first 220, and memory at rest (PSS), with TLS and all five
listeners on free loopback ports."""
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

SETTINGS = """OVERRIDE_HOSTNAME=mail.bench.test
SSL_TYPE=self-signed
LISTEN_SMTP=127.0.0.1:{port}
LISTEN_SUBMISSION=127.0.0.1:0
LISTEN_SUBMISSIONS=127.0.0.1:0
LISTEN_IMAP=127.0.0.1:0
LISTEN_IMAPS=127.0.0.1:0
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def greeting(port, end):
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                return client.recv(4)
        except ConnectionRefusedError:
            time.sleep(0.0005)
    raise SystemExit("maild did not answer within 10 s")


def run(maild, folder):
    port = free_port()
    (folder / "config" / "mailserver.env").write_text(SETTINGS.format(port=port))
    begin = time.monotonic()
    arguments = [maild] + [f"--{name}={folder / name}" for name in ("config", "mail", "state")]
    server = subprocess.Popen(arguments, stderr=subprocess.DEVNULL)
    try:
        assert greeting(port, begin + 10) == b"220 "
        started = (time.monotonic() - begin) * 1e3
        time.sleep(1)
        rollup = pathlib.Path(f"/proc/{server.pid}/smaps_rollup").read_text()
        return started, int(re.search(r"^Pss: +(\d+)", rollup, re.M)[1])
    finally:
        server.terminate()
        server.wait()


def main():
    maild = os.path.abspath(sys.argv[1])
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        for part in ("config", "mail", "state"):
            (folder / part).mkdir()
        (folder / "config" / "postfix-accounts.cf").write_text("ann@bench.test|{PLAIN}x\n")
        run(maild, folder)  # makes the certificate
        results = [run(maild, folder) for _ in range(runs)]
    times, memory = zip(*results)
    print(f"first 220: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms")
    print(f"PSS at rest: median {statistics.median(memory):.0f} KB, worst {max(memory)} KB")


main()
