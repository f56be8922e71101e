#!/usr/bin/env python3
"""doctor on this machine: ports that another program has, a server that answers or does not. What it finds in files is
tests/unit/net/checkup_test.cc. Usage: doctor.py MAILCTL"""
import json, os, pathlib, socket, subprocess, sys, tempfile, threading, unittest

MAILCTL = sys.argv.pop(1) if len(sys.argv) > 1 else 'mailctl'


class Doctor(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='mailctl-doctor-')
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ('config', 'mail', 'state', 'state/run'):
            (self.root / name).mkdir()
        os.chmod(self.root / 'mail', 0o700)
        accounts = self.root / 'config/postfix-accounts.cf'
        accounts.write_text('ann@example.com|{PLAIN}x\n')
        accounts.chmod(0o600)
        self.taken = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(self.taken.close)
        self.port = self.taken.getsockname()[1]
        self.settings = {f'LISTEN_{name}': '' for name in ('SMTP', 'SUBMISSION', 'SUBMISSIONS', 'IMAP', 'IMAPS')}
        self.settings |= {'OVERRIDE_HOSTNAME': 'mail.example.com', 'LISTEN_SMTP': f'127.0.0.1:{self.port}'}

    def run_doctor(self):
        done = subprocess.run([MAILCTL, '--json', '--config', self.root / 'config', '--mail', self.root / 'mail', '--state',
                               self.root / 'state', 'doctor'], env=self.settings, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.stderr, '')
        findings = json.loads(done.stdout)
        for finding in findings:
            self.assertEqual(list(finding), ['severity', 'area', 'text', 'fix'])
        self.assertEqual(done.returncode, int(any(finding['severity'] == 'error' for finding in findings)))
        return [f"{finding['severity']} {finding['text']}" for finding in findings if finding['area'] == 'ports']

    def answer(self, text):
        control = socket.socket(socket.AF_UNIX)
        control.bind(str(self.root / 'state/run/control.sock'))
        os.chmod(self.root / 'state/run/control.sock', 0o600)
        control.listen()
        self.addCleanup(control.close)

        def serve():
            peer, _ = control.accept()
            peer.makefile().readline()
            peer.sendall(text.encode())
            peer.close()
        threading.Thread(target=serve, daemon=True).start()

    def test_a_port_that_another_program_has_is_an_error(self):
        self.assertEqual(self.run_doctor(), [f'error smtp on 127.0.0.1:{self.port}: another program has that address', 'note maild is not running'])

    def test_a_port_that_the_running_server_has_is_none(self):
        self.answer(json.dumps({'ok': True, 'hostname': 'mail.example.com', 'listeners': {'smtp': [f'127.0.0.1:{self.port}']}}))
        self.assertEqual(self.run_doctor(), [])

    def test_a_running_server_that_another_program_keeps_from_its_port_is_told(self):
        self.answer(json.dumps({'ok': True, 'hostname': 'mail.example.com', 'listeners': {}}))
        self.assertEqual(self.run_doctor(), [f'error smtp on 127.0.0.1:{self.port}: another program has that address'])

    def test_a_server_that_answers_nonsense_is_told(self):
        self.answer('nonsense')
        told = self.run_doctor()
        self.assertIn('error the running server does not answer: its answer is no JSON object', told)

    def test_a_socket_that_was_left_behind_is_a_note(self):
        self.taken.close()
        left = socket.socket(socket.AF_UNIX)
        left.bind(str(self.root / 'state/run/control.sock'))
        left.close()
        os.chmod(self.root / 'state/run/control.sock', 0o600)
        path = self.root / 'state/run/control.sock'
        self.assertEqual(self.run_doctor(), ['note maild is not running', f"note '{path}' is there, but nobody answers"])


if __name__ == '__main__':
    unittest.main()
