"""imapflow (npm), the client library of many web mailers, against the real maild.

MAIL_NODE_MODULES names the node_modules folder that has it (`.ci/run` installs it into build/npm). Skipped without.
"""
import json
import os
import pathlib
import subprocess
import unittest

from harness import ACCOUNTS, LiveTest, PATIENCE, missing, require

HERE = pathlib.Path(__file__).resolve().parent
MODULES = os.environ.get("MAIL_NODE_MODULES", "")
ANN = "ann@example.test"


class Imapflow(LiveTest):
    def setUp(self):
        if not MODULES:
            self.skipTest("MAIL_NODE_MODULES names no folder with imapflow")
        require("node")
        if not (pathlib.Path(MODULES) / "imapflow").is_dir():
            missing(f"imapflow in {MODULES}")

    def play(self, service):
        task = {"module": str(pathlib.Path(MODULES) / "imapflow" / "lib" / "imap-flow.js"),
                "port": self.server.ports[service], "secure": service == "imaps", "user": ANN,
                "password": ACCOUNTS[ANN], "authority": self.server.authority.read_text(),
                "smtp": self.server.ports["smtp"], "prefix": f"Flow-{service}"}
        done = subprocess.run(["node", str(HERE / "imapflow.js"), json.dumps(task)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=PATIENCE * 2, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("all of it worked", done.stdout)

    def test_works_a_day_over_tls(self):
        self.play("imaps")

    def test_works_a_day_after_starttls(self):
        self.play("imap")


if __name__ == "__main__":
    unittest.main()
