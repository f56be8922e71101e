"""How many system calls maild makes for a message: strace counts them."""
import re
import signal
import subprocess
import tempfile
import unittest

import harness

MESSAGES = 50
# Calls by which threads wait for each other and for the peer: how many depends on who is faster.
WAITING = {"futex", "epoll_wait", "epoll_pwait", "restart_syscall", "sched_yield"}


class Calls(harness.LiveTest):
    settings = "LOG_LEVEL=warn\n"

    def counted(self, work):
        """How often each call was made during `work`."""
        harness.require("strace")
        with tempfile.NamedTemporaryFile("r") as table:
            trace = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", table.name, "-p",
                                      str(self.server.process.pid)], stderr=subprocess.PIPE, text=True)
            said = trace.stderr.readline()
            if "attached" not in said:
                trace.wait()
                raise unittest.SkipTest(f"strace may not trace here: {said}")
            try:
                work()
            finally:
                trace.send_signal(signal.SIGINT)
                trace.communicate()
            rows = (re.match(r"\s*(\d+)\s+(\w+)\s*$", line) for line in table)
            return {row[2]: int(row[1]) for row in rows if row and row[2] != "total"}

    def test_a_message_of_many_on_a_connection(self):
        message = harness.message(body="x" * 70 + "\n" + ("y" * 70 + "\n") * 140)
        with self.server.smtp() as client:
            client.ehlo()

            def bring():
                # Commands one by one, the message and its end in one piece, as smtp-source does.
                for _ in range(MESSAGES):
                    client.mail("x@remote.example")
                    client.rcpt("bob@example.test")
                    self.assertEqual(client.data(message)[0], 250)

            bring()  # directories and threads exist from here on
            calls = self.counted(bring)
        each = {name: count / MESSAGES for name, count in calls.items()}
        with self.subTest(str(each)):
            # 4 commands with a read, a write and an epoll_ctl each; open, stat, write, times, flush, close, rename,
            # open, flush, close; the way to a worker and back.
            self.assertLess(sum(count for name, count in each.items() if name not in WAITING), 24.5)
            self.assertLess(each.get("timerfd_settime", 0), 0.1)
            self.assertEqual(each.get("fchown", 0), 0)
            self.assertLessEqual(each["fsync"] + each.get("fdatasync", 0), 2.1)
            self.assertLess(sum(each.values()), 40)

    def test_a_connection_for_each_message(self):
        message = harness.message(body="x" * 70 + "\n" + ("y" * 70 + "\n") * 140)

        def bring():
            for _ in range(MESSAGES):
                with self.server.smtp() as client:
                    client.helo()
                    client.mail("x@remote.example")
                    client.rcpt("bob@example.test")
                    self.assertEqual(client.data(message)[0], 250)

        bring()
        calls = self.counted(bring)
        each = {name: count / MESSAGES for name, count in calls.items()}
        with self.subTest(str(each)):
            # As above with three more commands, and for the connection: two accepts, ioctl, a last read, shutdown, close,
            # three epoll_ctl (the listening socket's, in and out).
            self.assertLess(sum(count for name, count in each.items() if name not in WAITING), 42)
            self.assertLess(each.get("timerfd_settime", 0), 0.1)
            self.assertLess(sum(each.values()), 62)


if __name__ == "__main__":
    unittest.main()
